// Constants fold as the interpreter computes them.
// PASS: simplify
// CALL: @fold() == 7, 0.125
func.func @fold() -> (index, f64) {
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %two = arith.constant 2.0 : f64
  %a = arith.muli %c2, %c3 : index
  %b = arith.addi %a, %c3 : index
  %c = arith.subi %b, %c2 : index
  %minus = arith.constant -3.0 : f64
  %p = math.powf %two, %minus : f64
  func.return %c, %p : index, f64
}
// EXPECT:
func.func @fold() -> (index, f64) {
  %two = arith.constant 2.0 : f64
  %c = arith.constant 7 : index
  %minus = arith.constant -3.0 : f64
  %p = math.powf %two, %minus : f64
  func.return %c, %p : index, f64
}

// -----
// x + 0 is not x where x may be -0, unless nsz allows it; x - x is not 0 where x may be infinite.
// PASS: simplify
// CALL: @keep(-0.0) == 0.0, 0.0, 0.0
// CALL: @keep(inf) == inf, nan, inf
func.func @keep(%x: f64) -> (f64, f64, f64) {
  %zero = arith.constant 0.0 : f64
  %a = arith.addf %x, %zero : f64
  %b = arith.subf %x, %x : f64
  %c = arith.addf %x, %zero fastmath<nsz> : f64
  func.return %a, %b, %c : f64, f64, f64
}
// EXPECT:
func.func @keep(%x: f64) -> (f64, f64, f64) {
  %zero = arith.constant 0.0 : f64
  %a = arith.addf %x, %zero : f64
  %b = arith.subf %x, %x : f64
  func.return %a, %b, %x : f64, f64, f64
}
