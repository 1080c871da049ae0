// The adjoint of a smoothing step in place: what a trip stores for its neighbour's trip is carried, no trip at all leaves all as it is.
// PASS: relay
// CALL: @f([1.0, 2.0, 3.0, 4.0], 3, 0.5) leaves ([0.5, 1.5, 2.5, 5.5], 3, 0.5)
// CALL: @f([1.0, 2.0, 3.0, 4.0], 1, 0.5) leaves ([0.5, 2.5, 3.0, 4.0], 1, 0.5)
// CALL: @f([1.0], 0, 0.5) leaves ([1.0], 0, 0.5)
func.func @f(%d: memref<?xf64>, %n: index, %c: f64) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    %a = memref.load %d[%i] : memref<?xf64>
    %b = arith.mulf %a, %c : f64
    %j = arith.addi %i, %c1 : index
    %e = memref.load %d[%j] : memref<?xf64>
    %g = arith.addf %e, %b : f64
    memref.store %g, %d[%j] : memref<?xf64>
    %h = arith.subf %a, %b : f64
    memref.store %h, %d[%i] : memref<?xf64>
  } {irad.reversed}
  func.return
}
// EXPECT:
func.func @f(%d: memref<?xf64>, %n: index, %c: f64) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0 = arith.cmpi slt, %c0, %n : index
  scf.if %0 {
    %c-1 = arith.constant -1 : index
    %1 = arith.addi %n, %c-1 : index
    %2 = arith.addi %1, %c1 : index
    %3 = memref.load %d[%2] : memref<?xf64>
    %4 = scf.for %i = %c0 to %n step %c1 iter_args(%arg = %3) -> (f64) {
      %a = memref.load %d[%i] : memref<?xf64>
      %b = arith.mulf %a, %c : f64
      %j = arith.addi %i, %c1 : index
      %g = arith.addf %arg, %b : f64
      %h = arith.subf %a, %b : f64
      memref.store %g, %d[%j] : memref<?xf64>
      scf.yield %h : f64
    } {irad.reversed}
    memref.store %4, %d[%c0] : memref<?xf64>
  }
  func.return
}

// -----
// Upwards in a row of a matrix, with a result of the loop; what a trip stores ahead is what the next one starts from.
// PASS: relay
// CALL: @f([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], 1, 2) == 6.0 leaves ([[1.0, 2.0, 3.0], [8.0, 20.0, 17.0]], 1, 2)
// CALL: @f([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], 0, 0) == 0.0 leaves ([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], 0, 0)
func.func @f(%d: memref<?x?xf64>, %r: index, %n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %s = scf.for %i = %c0 to %n step %c1 iter_args(%t = %zero) -> (f64) {
    %j = arith.addi %i, %c1 : index
    %a = memref.load %d[%r, %i] : memref<?x?xf64>
    %b = arith.addf %a, %a : f64
    memref.store %b, %d[%r, %i] : memref<?x?xf64>
    %e = memref.load %d[%r, %j] : memref<?x?xf64>
    %g = arith.addf %e, %t : f64
    %h = arith.addf %g, %e : f64
    memref.store %h, %d[%r, %j] : memref<?x?xf64>
    scf.yield %e : f64
  }
  func.return %s : f64
}
// EXPECT:
func.func @f(%d: memref<?x?xf64>, %r: index, %n: index) -> f64 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %0 = arith.cmpi slt, %c0, %n : index
  %s = scf.if %0 -> (f64) {
    %1 = memref.load %d[%r, %c0] : memref<?x?xf64>
    %s_0, %2 = scf.for %i = %c0 to %n step %c1 iter_args(%t = %zero, %arg = %1) -> (f64, f64) {
      %j = arith.addi %i, %c1 : index
      %b = arith.addf %arg, %arg : f64
      %e = memref.load %d[%r, %j] : memref<?x?xf64>
      %g = arith.addf %e, %t : f64
      %h = arith.addf %g, %e : f64
      memref.store %b, %d[%r, %i] : memref<?x?xf64>
      scf.yield %e, %h : f64, f64
    }
    %c-1 = arith.constant -1 : index
    %3 = arith.addi %n, %c-1 : index
    %4 = arith.addi %3, %c1 : index
    memref.store %2, %d[%r, %4] : memref<?x?xf64>
    scf.yield %s_0 : f64
  } else {
    scf.yield %zero : f64
  }
  func.return %s : f64
}

// -----
// The next trip's store overwrites too late: what was stored is still read by a second load behind the first.
// PASS: relay
// CALL: @f([1.0, 2.0, 3.0], [0.0, 0.0], 2) leaves ([1.0, 3.0, 6.0], [3.0, 6.0], 2)
func.func @f(%d: memref<?xf64>, %o: memref<?xf64>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    %j = arith.addi %i, %c1 : index
    %a = memref.load %d[%i] : memref<?xf64>
    %b = memref.load %d[%j] : memref<?xf64>
    %e = arith.addf %a, %b : f64
    memref.store %e, %d[%j] : memref<?xf64>
    memref.store %a, %d[%i] : memref<?xf64>
    %g = memref.load %d[%j] : memref<?xf64>
    memref.store %g, %o[%i] : memref<?xf64>
  }
  func.return
}
// EXPECT:
func.func @f(%d: memref<?xf64>, %o: memref<?xf64>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    %j = arith.addi %i, %c1 : index
    %a = memref.load %d[%i] : memref<?xf64>
    %b = memref.load %d[%j] : memref<?xf64>
    %e = arith.addf %a, %b : f64
    memref.store %e, %d[%j] : memref<?xf64>
    memref.store %a, %d[%i] : memref<?xf64>
    %g = memref.load %d[%j] : memref<?xf64>
    memref.store %g, %o[%i] : memref<?xf64>
  }
  func.return
}

// -----
// Another array that may be the same one is read in between.
// PASS: relay
// CALL: @f([1.0, 2.0, 3.0], [1.0, 1.0, 1.0], 2) leaves ([2.0, 6.0, 6.0], [1.0, 1.0, 1.0], 2)
func.func @f(%d: memref<?xf64>, %x: memref<?xf64>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    %j = arith.addi %i, %c1 : index
    %a = memref.load %d[%i] : memref<?xf64>
    %b = memref.load %d[%j] : memref<?xf64>
    %e = arith.addf %a, %b : f64
    memref.store %e, %d[%j] : memref<?xf64>
    %g = memref.load %x[%i] : memref<?xf64>
    %h = arith.addf %a, %a : f64
    %k = arith.mulf %h, %g : f64
    memref.store %k, %d[%i] : memref<?xf64>
  }
  func.return
}
// EXPECT:
func.func @f(%d: memref<?xf64>, %x: memref<?xf64>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    %j = arith.addi %i, %c1 : index
    %a = memref.load %d[%i] : memref<?xf64>
    %b = memref.load %d[%j] : memref<?xf64>
    %e = arith.addf %a, %b : f64
    memref.store %e, %d[%j] : memref<?xf64>
    %g = memref.load %x[%i] : memref<?xf64>
    %h = arith.addf %a, %a : f64
    %k = arith.mulf %h, %g : f64
    memref.store %k, %d[%i] : memref<?xf64>
  }
  func.return
}

// -----
// The place depends on what is loaded in the trip: no two trips can be compared.
// PASS: relay
// CALL: @f([1.0, 2.0, 3.0], [1, 0], 2) leaves ([3.0, 3.0, 3.0], [1, 0], 2)
func.func @f(%d: memref<?xf64>, %x: memref<?xi64>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    %v = memref.load %x[%i] : memref<?xi64>
    %p = arith.index_cast %v : i64 to index
    %j = arith.addi %p, %c1 : index
    %a = memref.load %d[%p] : memref<?xf64>
    %b = memref.load %d[%j] : memref<?xf64>
    %e = arith.addf %a, %a : f64
    memref.store %b, %d[%j] : memref<?xf64>
    memref.store %b, %d[%p] : memref<?xf64>
  }
  func.return
}
// EXPECT:
func.func @f(%d: memref<?xf64>, %x: memref<?xi64>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    %v = memref.load %x[%i] : memref<?xi64>
    %p = arith.index_cast %v : i64 to index
    %j = arith.addi %p, %c1 : index
    %a = memref.load %d[%p] : memref<?xf64>
    %b = memref.load %d[%j] : memref<?xf64>
    %e = arith.addf %a, %a : f64
    memref.store %b, %d[%j] : memref<?xf64>
    memref.store %b, %d[%p] : memref<?xf64>
  }
  func.return
}
