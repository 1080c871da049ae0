// Indices wrap as Python's do, and raise outside -n … n - 1.
// CALL: @get([1.0, 2.0, 3.0], -1) == 3.0
// CALL: @get([1.0, 2.0, 3.0], -3) == 1.0
// CALL: @get([1.0, 2.0, 3.0], 3) raises IndexError: index 3 is out of bounds for axis 0 with size 3
// CALL: @get([1.0, 2.0, 3.0], -4) raises IndexError: index -4 is out of bounds for axis 0 with size 3
// CALL: @get([], 0) raises IndexError: index 0 is out of bounds for axis 0 with size 0
func.func @get(%x: memref<?xf64>, %i: index) -> f64 {
  %c0 = arith.constant 0 : index
  %n = memref.dim %x, %c0 : memref<?xf64>
  %j = irad.index %i, %n {axis = 0} : index
  %v = memref.load %x[%j] : memref<?xf64>
  func.return %v : f64
}

// -----
// What was written before a check failed stays written; the message shows values.
// CALL: @root([0.0], 4.0) == 2.0 leaves ([4.0], 4.0)
// CALL: @root([0.0], -4.0) raises ValueError: no root of -4.0 leaves ([-4.0], -4.0)
func.func @root(%x: memref<?xf64>, %a: f64) -> f64 {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f64
  memref.store %a, %x[%c0] : memref<?xf64>
  %ok = arith.cmpf oge, %a, %zero : f64
  irad.check %ok, %a {error = "ValueError", message = "no root of {0}"} : i1, f64
  %r = math.sqrt %a : f64
  func.return %r : f64
}
