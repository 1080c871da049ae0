"""Special functions that the C library lacks, written in LLVM IR.

`irad.polygamma(x, n)` is the derivative of order n + 1 of log |gamma(x)|: upward recurrence to x >= n + 16, then the asymptotic series
(Abramowitz and Stegun 6.4.6, 6.4.11); far on the negative axis, reflection (6.3.7, 6.4.7) for n = 0 and 1, NaN for higher orders.
"""

from __future__ import annotations

import struct

LGAMMA = """\
declare {type} @lgamma{suffix}_r({type}, ptr) nounwind willreturn memory(argmem: write)
define internal {type} @irad.lgamma{suffix}({type} %x) noinline nounwind willreturn memory(none) {{
  %sign = alloca i32, align 4
  %y = call {type} @lgamma{suffix}_r({type} %x, ptr %sign)
  ret {type} %y
}}
"""

# B2, B4, …, B24 as fractions.
_NUMERATORS = (1, -1, 1, -1, 5, -691, 7, -3617, 43867, -174611, 854513, -236364091)
_DENOMINATORS = (6, 30, 42, 30, 66, 2730, 6, 510, 798, 330, 138, 2730)
_BERNOULLI = tuple(p / q for p, q in zip(_NUMERATORS, _DENOMINATORS, strict=True))


def _bits(x: float) -> str:
    return f"0x{struct.unpack('<Q', struct.pack('<d', x))[0]:016X}"


_PI = 3.141592653589793

POLYGAMMA = f"""\
@irad.bernoulli = internal constant [{len(_BERNOULLI)} x double] [{", ".join(f"double {_bits(b)}" for b in _BERNOULLI)}]

define internal double @irad.power(double %x, i64 %n) nounwind willreturn memory(none) {{
entry:
  br label %head
head:
  %i = phi i64 [0, %entry], [%i.next, %step]
  %p = phi double [1.0, %entry], [%p.next, %step]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %step, label %exit
step:
  %p.next = fmul double %p, %x
  %i.next = add i64 %i, 1
  br label %head
exit:
  ret double %p
}}

define internal double @irad.factorial(i64 %n) nounwind willreturn memory(none) {{
entry:
  br label %head
head:
  %i = phi i64 [1, %entry], [%i.next, %step]
  %p = phi double [1.0, %entry], [%p.next, %step]
  %more = icmp sle i64 %i, %n
  br i1 %more, label %step, label %exit
step:
  %f = sitofp i64 %i to double
  %p.next = fmul double %p, %f
  %i.next = add i64 %i, 1
  br label %head
exit:
  ret double %p
}}

define internal double @irad.polygamma.right(double %x, i64 %n) noinline nounwind willreturn memory(none) {{
entry:
  %order = sitofp i64 %n to double
  %limit = fadd double %order, 16.0
  %n1 = add i64 %n, 1
  br label %head
head:
  %z = phi double [%x, %entry], [%z.next, %shift]
  %sum = phi double [0.0, %entry], [%sum.next, %shift]
  %small = fcmp olt double %z, %limit
  br i1 %small, label %shift, label %series
shift:
  %inverse = fdiv double 1.0, %z
  %power = call double @irad.power(double %inverse, i64 %n1)
  %sum.next = fadd double %sum, %power
  %z.next = fadd double %z, 1.0
  br label %head
series:
  %factorial = call double @irad.factorial(i64 %n)
  %t = fdiv double 1.0, %z
  %t2 = fmul double %t, %t
  %tn = call double @irad.power(double %t, i64 %n)
  %tn1 = fmul double %tn, %t
  %log = call double @log(double %z)
  %minus.log = fneg double %log
  %lower = fdiv double %factorial, %order
  %general = fmul double %lower, %tn
  %digamma = icmp eq i64 %n, 0
  %lead = select i1 %digamma, double %minus.log, double %general
  %scaled = fmul double %factorial, %tn1
  %half = fmul double 0.5, %scaled
  %order1 = fadd double %order, 1.0
  %half1 = fmul double %half, %order1
  %r1 = fmul double %half1, %t
  br label %terms
terms:
  %j = phi i64 [0, %series], [%j.next, %terms]
  %acc = phi double [0.0, %series], [%acc.next, %terms]
  %r = phi double [%r1, %series], [%r.next, %terms]
  %place = getelementptr [{len(_BERNOULLI)} x double], ptr @irad.bernoulli, i64 0, i64 %j
  %b = load double, ptr %place
  %term = fmul double %b, %r
  %acc.next = fadd double %acc, %term
  %j.next = add i64 %j, 1
  %jf = sitofp i64 %j.next to double
  %k = fmul double 2.0, %jf
  %k1 = fadd double %k, 1.0
  %k2 = fadd double %k, 2.0
  %kn = fadd double %k, %order
  %kn1 = fadd double %kn, 1.0
  %up = fmul double %kn, %kn1
  %down = fmul double %k1, %k2
  %ratio = fdiv double %up, %down
  %ratio2 = fmul double %ratio, %t2
  %r.next = fmul double %r, %ratio2
  %done = icmp eq i64 %j.next, {len(_BERNOULLI)}
  br i1 %done, label %exit, label %terms
exit:
  %all = fmul double %factorial, %sum
  %s1 = fadd double %acc.next, %half
  %s2 = fadd double %s1, %lead
  %s3 = fadd double %s2, %all
  %odd = and i64 %n, 1
  %positive = icmp ne i64 %odd, 0
  %negated = fneg double %s3
  %result = select i1 %positive, double %s3, double %negated
  ret double %result
}}

define internal double @irad.polygamma(double %x, i64 %n) noinline nounwind willreturn memory(none) {{
entry:
  %below = call double @llvm.floor.f64(double %x)
  %whole.number = fcmp oeq double %below, %x
  %left = fcmp ole double %x, 0.0
  %pole = and i1 %whole.number, %left
  br i1 %pole, label %at.pole, label %regular
at.pole:
  %parity = and i64 %n, 1
  %even = icmp eq i64 %parity, 0
  %agreed = select i1 %even, double 0x7FF8000000000000, double 0x7FF0000000000000
  %origin = fcmp oeq double %x, 0.0
  %first.order = icmp eq i64 %n, 0
  %origin.first = and i1 %origin, %first.order
  %infinity = call double @llvm.copysign.f64(double 0x7FF0000000000000, double %x)
  %minus.infinity = fneg double %infinity
  %pole.value = select i1 %origin.first, double %minus.infinity, double %agreed
  ret double %pole.value
regular:
  %far = fcmp olt double %x, -1.0e3
  br i1 %far, label %reflect, label %near
near:
  %direct = call double @irad.polygamma.right(double %x, i64 %n)
  ret double %direct
reflect:
  %mirrored = fsub double 1.0, %x
  %other = call double @irad.polygamma.right(double %mirrored, i64 %n)
  %whole = call double @llvm.roundeven.f64(double %x)
  %fraction = fsub double %x, %whole
  %angle = fmul double %fraction, {_bits(_PI)}
  %high = icmp ugt i64 %n, 1
  br i1 %high, label %unknown, label %known
unknown:
  ret double 0x7FF8000000000000
known:
  %tan = call double @tan(double %angle)
  %cotangent = fdiv double {_bits(_PI)}, %tan
  %zero = fsub double %other, %cotangent
  %sin = call double @sin(double %angle)
  %square = fmul double %sin, %sin
  %cosecant = fdiv double {_bits(_PI * _PI)}, %square
  %one = fsub double %cosecant, %other
  %digamma = icmp eq i64 %n, 0
  %result = select i1 %digamma, double %zero, double %one
  ret double %result
}}
"""
