package localbuild

// describeProcess says nothing: there are no process groups.
func describeProcess() string { return "0\n" }
