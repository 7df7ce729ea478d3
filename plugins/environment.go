package plugins

import "os"

// baseVariables are handed on to every vendor: without them a process can't make a socket on Windows.
var baseVariables = []string{"SYSTEMROOT"}

// Environment returns, as Command.Env takes them, the variables of these names that are set, and those that no process
// can do without.
func Environment(names ...string) []string {
	var env []string
	for _, name := range append(baseVariables[:len(baseVariables):len(baseVariables)], names...) {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}
