// Package process does with child processes what package os cannot: it puts a child and all that it starts in a group,
// signals and kills the group, waits until nothing of it is left, waits for an exit without reaping the child, and
// keeps the last lines of an output.
//
// It does not decide what to start, how long to wait or when to kill.
package process
