"""The functions that rewritten code calls, by the names that it has for them."""

from irad.frontend import attributes, containers, control, loops, operators, protocols, records, special
from irad.frontend.calls import API, OWN, PROTOCOLS, call

API.update(
    call=call,
    load=attributes.load,
    fresh=containers.fresh,
    managed=containers.Managed,
    getattr=attributes.getattr_,
    initialise=records.initialise,
    setattr=attributes.setattr_,
    delattr=attributes.delattr_,
    getitem=containers.getitem,
    setitem=containers.setitem,
    delitem=containers.delitem,
    slice=containers.slice_,
    inplace=containers.inplace,
    store_back=containers.store_back,
    unpack=containers.unpack,
    iterate=containers.iterate,
    generated=containers.generated,
    spread=containers.spread,
    outer=attributes.outer,
    if_=control.if_,
    ifexp=control.ifexp,
    and_=control.and_,
    or_=control.or_,
    not_=control.not_,
    truth=control.as_bool,
    chain=operators.chain,
    bound=control.bound,
    raise_=control.raise_,
    assert_=control.assert_,
    decided=control.decided,
    static=control.static,
    text=control.text,
    for_=loops.for_,
    while_=loops.while_,
    **{f"op_{name}": f for name, f in {**special.BINARY, **special.UNARY, **operators.COMPARISONS}.items()},
)
OWN.update(protocols.ATTRIBUTES)
PROTOCOLS.update(protocols.BUILTINS)
