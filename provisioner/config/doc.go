// Package config reads the YAML configuration: which vendors exist, and which sources serve a worker type. It merges
// the layers (built in, system, user, command line), checks all of them, and reports every mistake with its file, line
// and column.
//
// It starts no vendor and reads no other files: whether a command exists or a repository has releases is found out when
// it is used. The options of a vendor are known from the descriptions that the caller passes.
//
// goccy/go-yaml parses the files and decodes values of unknown structure. Everything else is read from its syntax tree,
// because its decoder stops at the first mistake and converts numbers to strings.
package config
