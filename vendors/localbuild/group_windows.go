package localbuild

import "os/exec"

// confine leaves cmd as it is: exec kills it when its context is done. The compilers under way then end by themselves, each
// after the one package that it compiles, unless the host's job object ends them first.
func confine(*exec.Cmd) {}
