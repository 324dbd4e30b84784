"""How the report looks, on a screen and on paper."""

__all__ = ["REPORT_STYLE"]

REPORT_STYLE = """
body { margin: 0; color: #16262B; background: #FFFFFF; font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 24px 20px 48px; }
h1 { font-size: 1.6rem; margin: 0 0 8px; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 32px 0 4px; }
p { margin: 4px 0; color: #4A5B61; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 0; font-size: .9rem; }
dt { color: #4A5B61; } dd { margin: 0; overflow-wrap: anywhere; }
.tiles { display: flex; flex-wrap: wrap; gap: 12px; margin-top: 20px; }
.tiles div { border: 1px solid #D5DFE0; border-radius: 6px; padding: 8px 14px; min-width: 110px; }
.tiles span { display: block; font-size: .85rem; color: #4A5B61; }
.tiles b { font-size: 1.3rem; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin-top: 8px; font-size: .85rem; }
td { font-variant-numeric: tabular-nums; }
th, td { padding: 3px 10px; border-bottom: 1px solid #E4EBEC; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
th { color: #4A5B61; font-weight: 600; }
pre { background: #F2F6F6; border-radius: 6px; padding: 12px; overflow-x: auto; font-size: .8rem; }
@media print {
  main { max-width: none; padding: 0; }
  .chart { break-inside: avoid; }
  .modebar-container { display: none; }
  pre { white-space: pre-wrap; }
}
"""
