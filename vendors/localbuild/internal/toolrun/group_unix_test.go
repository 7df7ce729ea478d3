//go:build unix

package toolrun

import (
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGroup_excludesOtherProcessesOfAPipeline(t *testing.T) {
	self, us := os.Getpid(), syscall.Getpgrp()
	leader, err := os.FindProcess(self)
	require.NoError(t, err)
	g := group{leader: leader} // stands for a build in this process's own group
	for name, c := range map[string]struct {
		p    process
		held bool
	}{
		"its child":            {process{pid: self + 1, parent: self, group: us}, true},
		"its orphan":           {process{pid: self + 2, parent: 1, group: us}, true},
		"its orphan elsewhere": {process{pid: self + 2, parent: 1, group: us + 1}, false},
		"its daemon":           {process{pid: self + 2, parent: 1, group: us + 1, isMarked: true}, true},
		"a neighbour":          {process{pid: self + 3, parent: os.Getppid(), group: us}, false},
		"an older orphan":      {process{pid: self - 1, parent: 1, group: us}, false},
	} {
		require.Equal(t, c.held, g.holds(c.p, []process{c.p, {pid: self, parent: os.Getppid(), group: us}}), name)
	}
}
