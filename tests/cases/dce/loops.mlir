// A carried value that only feeds itself goes, and so does a loop that computes nothing that is used; checks and stores stay.
// PASS: dce
// CALL: @f([1.0, 2.0], 2.0) == 3.0 leaves ([2.0, 4.0], 2.0)
// CALL: @f([1.0, 2.0], -2.0) raises ValueError: not positive
func.func @f(%x: memref<?xf64>, %k: f64) -> f64 {
  %zero = arith.constant 0.0 : f64
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = memref.dim %x, %c0 : memref<?xf64>
  %sum, %unused = scf.for %i = %c0 to %n step %c1 iter_args(%s = %zero, %u = %zero) -> (f64, f64) {
    %v = memref.load %x[%i] : memref<?xf64>
    %t = arith.addf %s, %v : f64
    %w = arith.addf %u, %k : f64
    %d = arith.mulf %v, %k : f64
    memref.store %d, %x[%i] : memref<?xf64>
    scf.yield %t, %w : f64, f64
  }
  %gone = scf.for %i = %c0 to %n step %c1 iter_args(%s = %zero) -> (f64) {
    %t = math.sin %s : f64
    scf.yield %t : f64
  }
  %ok = arith.cmpf ogt, %k, %zero : f64
  irad.check %ok {error = "ValueError", message = "not positive"} : i1
  func.return %sum : f64
}
// EXPECT:
func.func @f(%x: memref<?xf64>, %k: f64) -> f64 {
  %zero = arith.constant 0.0 : f64
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = memref.dim %x, %c0 : memref<?xf64>
  %sum = scf.for %i = %c0 to %n step %c1 iter_args(%s = %zero) -> (f64) {
    %v = memref.load %x[%i] : memref<?xf64>
    %t = arith.addf %s, %v : f64
    %d = arith.mulf %v, %k : f64
    memref.store %d, %x[%i] : memref<?xf64>
    scf.yield %t : f64
  }
  %ok = arith.cmpf ogt, %k, %zero : f64
  irad.check %ok {error = "ValueError", message = "not positive"} : i1
  func.return %sum : f64
}
