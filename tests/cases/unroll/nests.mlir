// A triangular nest comes apart, and the array between its loops with it.
// PASS: unroll, mem2reg, peephole
// CALL: @f([1.0, 2.0, 3.0]) == 10.0
func.func @f(%x: memref<3xf64>) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %zero = arith.constant 0.0 : f64
  %m = memref.alloc() : memref<3xf64>
  scf.for %i = %c0 to %c3 step %c1 {
    %up = arith.addi %i, %c1 : index
    %s = scf.for %j = %c0 to %up step %c1 iter_args(%a = %zero) -> (f64) {
      %e = memref.load %x[%j] : memref<3xf64>
      %b = arith.addf %a, %e : f64
      scf.yield %b : f64
    }
    memref.store %s, %m[%i] : memref<3xf64>
  }
  %r = scf.for %i = %c0 to %c3 step %c1 iter_args(%a = %zero) -> (f64) {
    %e = memref.load %m[%i] : memref<3xf64>
    %b = arith.addf %a, %e : f64
    scf.yield %b : f64
  } {irad.reversed}
  func.return %r : f64
}
// EXPECT:
func.func @f(%x: memref<3xf64>) -> f64 {
  %j = arith.constant 0 : index
  %zero = arith.constant 0.0 : f64
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %e = memref.load %x[%j] : memref<3xf64>
  %b = arith.addf %zero, %e : f64
  %e_0 = memref.load %x[%j] : memref<3xf64>
  %b_0 = arith.addf %zero, %e_0 : f64
  %e_1 = memref.load %x[%c1] : memref<3xf64>
  %b_1 = arith.addf %b_0, %e_1 : f64
  %e_2 = memref.load %x[%j] : memref<3xf64>
  %b_2 = arith.addf %zero, %e_2 : f64
  %e_3 = memref.load %x[%c1] : memref<3xf64>
  %b_3 = arith.addf %b_2, %e_3 : f64
  %e_4 = memref.load %x[%c2] : memref<3xf64>
  %b_4 = arith.addf %b_3, %e_4 : f64
  %b_5 = arith.addf %zero, %b_4 : f64
  %b_6 = arith.addf %b_5, %b_1 : f64
  %b_7 = arith.addf %b_6, %b : f64
  func.return %b_7 : f64
}

// -----
// A thousand trips stay a loop.
// PASS: unroll
// CALL: @f(1.0) == 1001.0
func.func @f(%x: f64) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = arith.constant 1000 : index
  %one = arith.constant 1.0 : f64
  %s = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> (f64) {
    %b = arith.addf %a, %one : f64
    scf.yield %b : f64
  }
  func.return %s : f64
}
// EXPECT:
func.func @f(%x: f64) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = arith.constant 1000 : index
  %one = arith.constant 1.0 : f64
  %s = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> (f64) {
    %b = arith.addf %a, %one : f64
    scf.yield %b : f64
  }
  func.return %s : f64
}
