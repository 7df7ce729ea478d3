package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
)

func TestEveryKindOfErrorHasAnExitCode(t *testing.T) {
	for _, kind := range provisioner.Kinds() {
		require.Contains(t, exitCodes, kind)
	}
}
