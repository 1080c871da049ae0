// A check leaves a loop that runs for certain, if nothing happens before it.
// PASS: licm-before-ad
// CALL: @f([1.0, 2.0], 1) == 20.0
// CALL: @f([1.0, 2.0], 2) raises IndexError
func.func @f(%x: memref<?xf64>, %k: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c10 = arith.constant 10 : index
  %zero = arith.constant 0.0 : f64
  %n = memref.dim %x, %c0 : memref<?xf64>
  %s = scf.for %i = %c0 to %c10 step %c1 iter_args(%a = %zero) -> (f64) {
    %j = irad.index %k, %n {axis = 0} : index
    %e = memref.load %x[%j] : memref<?xf64>
    %b = arith.addf %a, %e : f64
    scf.yield %b : f64
  }
  func.return %s : f64
}
// EXPECT:
func.func @f(%x: memref<?xf64>, %k: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c10 = arith.constant 10 : index
  %zero = arith.constant 0.0 : f64
  %n = memref.dim %x, %c0 : memref<?xf64>
  %j = irad.index %k, %n {axis = 0} : index
  %e = memref.load %x[%j] : memref<?xf64>
  %s = scf.for %i = %c0 to %c10 step %c1 iter_args(%a = %zero) -> (f64) {
    %b = arith.addf %a, %e : f64
    scf.yield %b : f64
  }
  func.return %s : f64
}

// -----
// In a loop that may not run it stays, and so does the load that relies on it.
// PASS: licm-before-ad
// CALL: @f([1.0, 2.0], 7, 0) == 0.0
// CALL: @f([1.0, 2.0], 7, 1) raises IndexError
func.func @f(%x: memref<?xf64>, %k: index, %m: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %n = memref.dim %x, %c0 : memref<?xf64>
  %s = scf.for %i = %c0 to %m step %c1 iter_args(%a = %zero) -> (f64) {
    %j = irad.index %k, %n {axis = 0} : index
    %e = memref.load %x[%j] : memref<?xf64>
    %b = arith.addf %a, %e : f64
    scf.yield %b : f64
  }
  func.return %s : f64
}
// EXPECT:
func.func @f(%x: memref<?xf64>, %k: index, %m: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %n = memref.dim %x, %c0 : memref<?xf64>
  %s = scf.for %i = %c0 to %m step %c1 iter_args(%a = %zero) -> (f64) {
    %j = irad.index %k, %n {axis = 0} : index
    %e = memref.load %x[%j] : memref<?xf64>
    %b = arith.addf %a, %e : f64
    scf.yield %b : f64
  }
  func.return %s : f64
}

// -----
// A load of the outer loop's element leaves the inner loop, in range or not: it is guarded by the test whether that runs.
// PASS: licm-before-ad
// CALL: @f([2.0, 3.0], [1.0, 10.0, 100.0]) == 555.0
// CALL: @f([2.0, 3.0], np.zeros(0)) == 0.0
func.func @f(%x: memref<?xf64>, %y: memref<?xf64>) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %n = memref.dim %x, %c0 : memref<?xf64>
  %m = memref.dim %y, %c0 : memref<?xf64>
  %s = scf.for %i = %c0 to %n step %c1 iter_args(%a = %zero) -> (f64) {
    %t = scf.for %j = %c0 to %m step %c1 iter_args(%b = %a) -> (f64) {
      %e = memref.load %x[%i] : memref<?xf64>
      %g = memref.load %y[%j] : memref<?xf64>
      %p = arith.mulf %e, %g : f64
      %q = arith.addf %b, %p : f64
      scf.yield %q : f64
    }
    scf.yield %t : f64
  }
  func.return %s : f64
}
// EXPECT:
func.func @f(%x: memref<?xf64>, %y: memref<?xf64>) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %n = memref.dim %x, %c0 : memref<?xf64>
  %m = memref.dim %y, %c0 : memref<?xf64>
  %s = scf.for %i = %c0 to %n step %c1 iter_args(%a = %zero) -> (f64) {
    %e = memref.load %x[%i] : memref<?xf64>
    %t = scf.for %j = %c0 to %m step %c1 iter_args(%b = %a) -> (f64) {
      %g = memref.load %y[%j] : memref<?xf64>
      %p = arith.mulf %e, %g : f64
      %q = arith.addf %b, %p : f64
      scf.yield %q : f64
    }
    scf.yield %t : f64
  }
  func.return %s : f64
}

// -----
// What the loop writes stays in it.
// PASS: licm-before-ad
// CALL: @f([1.0], 3) == 14.0 leaves ([8.0], 3)
func.func @f(%x: memref<?xf64>, %n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %s = scf.for %i = %c0 to %n step %c1 iter_args(%a = %zero) -> (f64) {
    %e = memref.load %x[%c0] : memref<?xf64>
    %d = arith.addf %e, %e : f64
    memref.store %d, %x[%c0] : memref<?xf64>
    %b = arith.addf %a, %d : f64
    scf.yield %b : f64
  }
  func.return %s : f64
}
// EXPECT:
func.func @f(%x: memref<?xf64>, %n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %s = scf.for %i = %c0 to %n step %c1 iter_args(%a = %zero) -> (f64) {
    %e = memref.load %x[%c0] : memref<?xf64>
    %d = arith.addf %e, %e : f64
    memref.store %d, %x[%c0] : memref<?xf64>
    %b = arith.addf %a, %d : f64
    scf.yield %b : f64
  }
  func.return %s : f64
}
