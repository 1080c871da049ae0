"""The functions that rewritten code calls, by the names that it has for them."""

from irad.frontend import containers, control, loops
from irad.frontend.calls import API, call

API.update(
    call=call,
    load=containers.load,
    fresh=containers.fresh,
    getattr=containers.getattr_,
    setattr=containers.setattr_,
    delattr=containers.delattr_,
    getitem=containers.getitem,
    setitem=containers.setitem,
    delitem=containers.delitem,
    slice=containers.slice_,
    inplace=containers.inplace,
    store_back=containers.store_back,
    unpack=containers.unpack,
    iterate=containers.iterate,
    outer=containers.outer,
    if_=control.if_,
    ifexp=control.ifexp,
    and_=control.and_,
    or_=control.or_,
    not_=control.not_,
    truth=control.as_bool,
    chain=control.chain,
    equal=control.equal,
    unequal=control.unequal,
    bound=control.bound,
    raise_=control.raise_,
    assert_=control.assert_,
    static=control.static,
    text=control.text,
    for_=loops.for_,
    while_=loops.while_,
)
