"""Loops that people write, with parts to fill in as in `Expressions.fill`.

{n} is a fresh number; behind the text are the names it defines.
"""

SNIPPETS: list[tuple[str, tuple[tuple[str, str], ...]]] = [
    (
        """
for i{n} in range(1, len({x})):
    {x}[i{n}] += 0.5 * {x}[i{n} - 1]
""",
        (),
    ),
    (
        """
for i{n} in range(1, len({x})):
    key{n} = {x}[i{n}]
    j{n} = i{n} - 1
    while j{n} >= 0 and {x}[j{n}] > key{n}:
        {x}[j{n} + 1] = {x}[j{n}]
        j{n} -= 1
    {x}[j{n} + 1] = key{n}
""",
        (),
    ),
    (
        """
u{n}, t{n} = {x}.copy(), np.zeros_like({x})
for s{n} in range(3):
    for i{n} in range(1, len(u{n}) - 1):
        t{n}[i{n}] = 0.3 * (u{n}[i{n} - 1] + u{n}[i{n} + 1]) + 0.2 * u{n}[i{n}] * {a}
    u{n}, t{n} = t{n}, u{n}
""",
        (("u{n}", "vector"), ("t{n}", "vector")),
    ),
    (
        """
r{n} = 1.0
while abs(r{n} * r{n} - (1.5 + {a} * {a})) > 1e-3:
    r{n} = 0.5 * (r{n} + (1.5 + {a} * {a}) / r{n})
""",
        (("r{n}", "float"),),
    ),
    (
        """
for i{n} in range(len({x})):
    for j{n} in range(i{n}):
        {x}[i{n}] -= 0.3 * {x}[j{n}] * {d}
    {x}[i{n}] /= 1.5 + {x}[i{n}] ** 2
""",
        (),
    ),
    (
        """
low{n}, high{n} = 0, len({x})
while low{n} < high{n}:
    m{n} = (low{n} + high{n}) // 2
    if {x}[m{n}] < {k}:
        low{n} = m{n} + 1
    else:
        high{n} = m{n}
e{n} = {x}[low{n} - 1] * {a}
""",
        (("e{n}", "float"),),
    ),
    (
        """
p{n} = {x}.copy()
for s{n} in range({i} % 4):
    q{n} = np.empty_like(p{n})
    for i{n} in range(len(p{n})):
        q{n}[i{n}] = math.tanh(p{n}[i{n}] * p{n}[i{n} - 1]) + {a}
    p{n} = q{n}
""",
        (("p{n}", "vector"),),
    ),
    (
        """
v{n} = {x}
while len(v{n}) > 1:
    for i{n} in range(len(v{n}) // 2):
        v{n}[i{n}] = 0.7 * v{n}[i{n}] * v{n}[len(v{n}) - 1 - i{n}] + {d}
    v{n} = v{n}[: (len(v{n}) + 1) // 2]
e{n} = v{n}[0]
""",
        (("e{n}", "float"),),
    ),
    (
        """
for i{n} in range(len({x})):
    if {x}[i{n}] > {k}:
        e{n} = {x}[i{n}] * {a}
        break
else:
    e{n} = {a}
""",
        (("e{n}", "float"),),
    ),
    (
        """
m{n} = np.zeros((len({x}), 2))
for i{n} in range(len({x})):
    row{n} = m{n}[i{n}]
    for j{n} in range(2):
        row{n}[j{n}] = {x}[i{n} - j{n}] * {d}
e{n} = np.sum(m{n} * m{n}) + m{n}[-1, 0]
""",
        (("e{n}", "float"),),
    ),
    (
        """
b{n} = 0
for i{n} in range(1, len({x})):
    if {x}[i{n}] > {x}[b{n}]:
        b{n} = i{n}
e{n} = {x}[b{n}] * {a}
""",
        (("e{n}", "float"),),
    ),
    (
        """
w{n} = np.zeros(4)
e{n} = 0.0
for i{n} in range(4):
    w{n}[i{n}] = {x}[i{n} % len({x})] * w{n}[i{n} - 1] + {d}
    e{n} += w{n}[0] * w{n}[i{n}]
""",
        (("e{n}", "float"), ("w{n}", "vector")),
    ),
    (
        """
c{n} = []
for i{n} in range(len({x})):
    if {x}[i{n}] > {k}:
        c{n}.append({x}[i{n}] * {a})
    elif i{n} > 2:
        break
e{n} = 0.0
for i{n} in range(len(c{n})):
    e{n} = e{n} * 0.5 + c{n}[len(c{n}) - 1 - i{n}]
""",
        (("e{n}", "float"),),
    ),
    (
        """
f{n} = False
e{n} = {a}
for i{n} in range(len({x})):
    for j{n} in range(len({x})):
        e{n} = 0.5 * e{n} + {x}[i{n}] * {x}[j{n}]
        if e{n} > {k}:
            f{n} = True
            break
    if f{n}:
        break
""",
        (("e{n}", "float"), ("f{n}", "flag")),
    ),
    (
        """
def g{n}(k, u):
    if k <= 0:
        return u * {x}[0]
    {x}[k % len({x})] *= 0.5
    return g{n}(k - 1, math.sin(u) + {a}) * {d}


e{n} = g{n}({i} % 4, {a})
""",
        (("e{n}", "float"),),
    ),
    (
        """
y{n} = {x} if {c} else {x}.copy()
for i{n} in range(len(y{n})):
    y{n}[i{n}] = 0.5 * y{n}[i{n} - 1] + {d}
e{n} = y{n}[0] * {x}[1]
""",
        (("e{n}", "float"), ("y{n}", "vector")),
    ),
    (
        """
j{n} = 0
e{n} = 1.0
o{n} = np.arange(len({x}))
while j{n} < len({x}):
    e{n} = 0.7 * e{n} * {x}[o{n}[j{n}]] + {d}
    o{n}[(j{n} + 1) % len(o{n})] = 0
    j{n} += 1 + j{n} % 2
""",
        (("e{n}", "float"),),
    ),
]
