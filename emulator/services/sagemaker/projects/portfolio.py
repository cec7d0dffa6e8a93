"""Whether SageMaker's own project templates are offered; the emulator has none of them.

What an administrator offers in portfolios of the account does not depend on it.
"""

from collections.abc import Mapping

from emulator.context import Answer, Context, Handler, Request

_KIND, _NAME = "SagemakerServicecatalogPortfolio", "status"


def enable_portfolio(context: Context, request: Request) -> Answer:
    """EnableSagemakerServicecatalogPortfolio."""
    context.store.put(_KIND, _NAME, {"Status": "Enabled"})
    return {}


def disable_portfolio(context: Context, request: Request) -> Answer:
    """DisableSagemakerServicecatalogPortfolio."""
    context.store.put(_KIND, _NAME, {"Status": "Disabled"})
    return {}


def get_portfolio_status(context: Context, request: Request) -> Answer:
    """GetSagemakerServicecatalogPortfolioStatus: Disabled until it is enabled."""
    return context.store.get(_KIND, _NAME) or {"Status": "Disabled"}


OPERATIONS: Mapping[str, Handler] = {
    "EnableSagemakerServicecatalogPortfolio": enable_portfolio,
    "DisableSagemakerServicecatalogPortfolio": disable_portfolio,
    "GetSagemakerServicecatalogPortfolioStatus": get_portfolio_status,
}
