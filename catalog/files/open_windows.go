package files

// openWithoutWaiting is what the opening of a file never does there.
const openWithoutWaiting = 0
