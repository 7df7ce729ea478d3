package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/cmd/provision/internal/cli"
)

// release is set by the linker when a release is built: -ldflags "-X main.release=v1.2.3".
var release string

// newVersion returns the command `version`.
func newVersion(s *cli.Session) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program",
		Args:  cli.ExactArgs(0, "no argument"),
		RunE: func(*cobra.Command, []string) error {
			platform := runtime.GOOS + "/" + runtime.GOARCH
			if s.JSON {
				return s.Print(map[string]string{"version": s.Version, "go": runtime.Version(), "platform": platform})
			}
			_, err := fmt.Fprintf(s.Stdout, "provision %s (%s, %s)\n", s.Version, runtime.Version(), platform)
			return err
		},
	}
}

// version returns the version of the release, otherwise that of the module as the Go command recorded it.
func version() string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
