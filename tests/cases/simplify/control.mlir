// A branch with a known condition is replaced by what it does, a loop that runs once by its body, one that never runs by its inits.
// PASS: peephole
// CALL: @f(2.0, [0.0]) == 6.0 leaves (2.0, [2.0])
func.func @f(%x: f64, %m: memref<?xf64>) -> f64 {
  %true = arith.constant true
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %a = scf.if %true -> (f64) {
    memref.store %x, %m[%c0] : memref<?xf64>
    %s = arith.addf %x, %x : f64
    scf.yield %s : f64
  } else {
    scf.yield %x : f64
  }
  %b = scf.for %i = %c0 to %c1 step %c1 iter_args(%t = %a) -> (f64) {
    %u = arith.addf %t, %x : f64
    scf.yield %u : f64
  }
  %c = scf.for %i = %c1 to %c1 step %c1 iter_args(%t = %b) -> (f64) {
    %u = math.sin %t : f64
    scf.yield %u : f64
  }
  func.return %c : f64
}
// EXPECT:
func.func @f(%x: f64, %m: memref<?xf64>) -> f64 {
  %i = arith.constant 0 : index
  memref.store %x, %m[%i] : memref<?xf64>
  %s = arith.addf %x, %x : f64
  %u = arith.addf %s, %x : f64
  func.return %u : f64
}
