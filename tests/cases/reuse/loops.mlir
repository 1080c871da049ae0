// The buffer is handed to the next iteration: it has to be a new one each time.
// PASS: reuse
// CALL: @f(3) == 4.0
func.func @f(%n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f64
  %a = memref.alloc() : memref<1xf64>
  memref.store %one, %a[%c0] : memref<1xf64>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%p = %a) -> (memref<1xf64>) {
    %b = memref.alloc() : memref<1xf64>
    %x = memref.load %p[%c0] : memref<1xf64>
    %y = arith.addf %x, %one : f64
    memref.store %y, %b[%c0] : memref<1xf64>
    scf.yield %b : memref<1xf64>
  }
  %s = memref.load %r[%c0] : memref<1xf64>
  func.return %s : f64
}
// EXPECT:
func.func @f(%n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f64
  %a = memref.alloc() : memref<1xf64>
  memref.store %one, %a[%c0] : memref<1xf64>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%p = %a) -> (memref<1xf64>) {
    %b = memref.alloc() : memref<1xf64>
    %x = memref.load %p[%c0] : memref<1xf64>
    %y = arith.addf %x, %one : f64
    memref.store %y, %b[%c0] : memref<1xf64>
    scf.yield %b : memref<1xf64>
  }
  %s = memref.load %r[%c0] : memref<1xf64>
  func.return %s : f64
}

// -----
// It is used in inner loops and through views only: one will do.
// PASS: reuse
// CALL: @f(3, 2) == 6.0
// CALL: @f(0, -1) == 0.0
func.func @f(%n: index, %m: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %one = arith.constant 1.0 : f64
  %s = scf.for %i = %c0 to %n step %c1 iter_args(%a = %zero) -> (f64) {
    %w = memref.alloc(%m) : memref<?xf64>
    %v = memref.subview %w[%c0] [%m] [%c1] : memref<?xf64> to memref<?xf64>
    scf.for %j = %c0 to %m step %c1 {
      memref.store %one, %v[%j] : memref<?xf64>
    }
    %t = scf.for %j = %c0 to %m step %c1 iter_args(%b = %a) -> (f64) {
      %e = memref.load %w[%j] : memref<?xf64>
      %c = arith.addf %b, %e : f64
      scf.yield %c : f64
    }
    scf.yield %t : f64
  }
  func.return %s : f64
}
// EXPECT:
func.func @f(%n: index, %m: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %one = arith.constant 1.0 : f64
  %c0_0 = arith.constant 0 : index
  %0 = arith.maxsi %m, %c0_0 : index
  %w = memref.alloc(%0) : memref<?xf64>
  %s = scf.for %i = %c0 to %n step %c1 iter_args(%a = %zero) -> (f64) {
    %v = memref.subview %w[%c0] [%m] [%c1] : memref<?xf64> to memref<?xf64>
    scf.for %j = %c0 to %m step %c1 {
      memref.store %one, %v[%j] : memref<?xf64>
    }
    %t = scf.for %j_0 = %c0 to %m step %c1 iter_args(%b = %a) -> (f64) {
      %e = memref.load %w[%j_0] : memref<?xf64>
      %c = arith.addf %b, %e : f64
      scf.yield %c : f64
    }
    scf.yield %t : f64
  }
  func.return %s : f64
}
