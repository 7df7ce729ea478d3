// Package filelock locks files, across goroutines and processes, for as long as a process lives.
//
//   - File is an exclusive lock on a file that exists only while it is locked.
//   - Held is a file that was created locked. On Unix a child process inherits the lock: it ends with the last process
//     that has the file open.
//   - With runs a function under a lock that is held for moments only.
//
// Locks are flock(2) on Linux and macOS, and LockFileEx on Windows. Both belong to an open file, and the kernel ends
// them when its last descriptor is closed, so also when a process is killed. On a network file system they are as
// reliable as its server.
package filelock
