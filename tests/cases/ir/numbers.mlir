// Python's integer division and remainder take the sign of the divisor; upstream's are rounded towards zero.
// CALL: @divide(7, 2) == 3, 1, 3, 1
// CALL: @divide(-7, 2) == -4, 1, -3, -1
// CALL: @divide(7, -2) == -4, -1, -3, 1
func.func @divide(%x: index, %y: index) -> (index, index, index, index) {
  %a = arith.floordivsi %x, %y : index
  %b = irad.floormodsi %x, %y : index
  %c = arith.divsi %x, %y : index
  %d = arith.remsi %x, %y : index
  func.return %a, %b, %c, %d : index, index, index, index
}

// -----
// 64-bit integers wrap, and narrow ones at their own width.
// CALL: @wrap(9223372036854775807, 127) == -9223372036854775808, -128
func.func @wrap(%x: index, %y: i8) -> (index, i8) {
  %one = arith.constant 1 : index
  %small = arith.constant 1 : i8
  %a = arith.addi %x, %one : index
  %b = arith.addi %y, %small : i8
  func.return %a, %b : index, i8
}

// -----
// Floats do what IEEE says, without exceptions.
// CALL: @special(0.0) == -inf, inf, nan, 1.0
// CALL: @special(-1.0) == nan, -1.0, 0.0, 0.36787944117144233
// CALL: @special(inf) == inf, 0.0, nan, inf
func.func @special(%x: f64) -> (f64, f64, f64, f64) {
  %one = arith.constant 1.0 : f64
  %l = math.log %x : f64
  %d = arith.divf %one, %x : f64
  %m = irad.floormodf %one, %x : f64
  %e = math.exp %x : f64
  %r = arith.remf %x, %one : f64
  %z = arith.cmpf oeq, %x, %one : f64
  %q = arith.divf %r, %one : f64
  %k = arith.addf %m, %q : f64
  func.return %l, %d, %k, %e : f64, f64, f64, f64
}

// -----
// f32 is rounded at every operation.
// CALL: @single(0.1) == 0.10000000149011612, 0.20000000298023224, 0.010000000707805157
func.func @single(%x: f32) -> (f32, f32, f32) {
  %y = arith.addf %x, %x : f32
  %z = arith.mulf %x, %x : f32
  func.return %x, %y, %z : f32, f32, f32
}
