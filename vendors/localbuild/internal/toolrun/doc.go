// Package toolrun finds the programs of this machine that a build needs and runs them: without a shell, with an explicit
// environment, at a low priority. When a command's Run returns, everything that the command started has ended.
//
// It knows no builder and no source.
package toolrun
