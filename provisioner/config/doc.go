// Package config reads the YAML configuration: which vendors there are, and which of them may serve a worker type. It merges
// the layers (built in, of the system, of the user, named on the command line), checks all of it at load, and tells every
// mistake with its file, line and column.
//
// It starts no vendor and looks at nothing but the configuration's files: whether a command exists or a repository has
// releases is found out when it is asked. What a vendor takes it knows from the descriptions that its caller hands in.
package config
