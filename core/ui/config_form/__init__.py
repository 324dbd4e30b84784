"""The form of a whole run: sections, pickers of plugins with their forms, lists of plugins, drafts and presets."""

from core.ui.config_form.drafts import put_draft
from core.ui.config_form.mode_screen import mode_screen

__all__ = ["mode_screen", "put_draft"]
