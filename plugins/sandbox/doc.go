// Package sandbox starts processes that the system keeps from what is none of their business. On Linux that is
// Landlock, with which a process and all that it starts write below some folders, connect to some TCP ports and, if
// need be, read some files alone, beside limits on single files and on privileges. Elsewhere nothing is limited, and
// the Report says so.
//
// It hides nothing: a process still sees the other processes and, unless reading is limited, all that its user may
// read. UDP and Multipath TCP are not limited, since Landlock does not know them. It does not decide what a process
// needs.
package sandbox
