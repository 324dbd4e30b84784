from acme_qlop.ridge import Ridge
from qlop.testing import ModelContractSuite


class TestRidge(ModelContractSuite):
    plugin_class = Ridge
    params = {"penalty": 0.5}
