package cli

import (
	"strings"

	"github.com/spf13/pflag"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/cmd/internal/exit"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/engine"
)

// Request holds the flags that say which worker is wanted and how sources are asked.
type Request struct {
	Platform, Vendor                string
	Strict, Offline, Refresh, Force bool
	Host                            Host
}

// TargetFlags adds the flags that say which worker is wanted.
func (r *Request) TargetFlags(flags *pflag.FlagSet) {
	flags.StringVar(&r.Platform, "platform", "", "`os/arch` to get a worker for (default this machine's)")
	flags.StringVar(&r.Vendor, "vendor", "", "ask only this `vendor`")
	flags.BoolVar(&r.Strict, "strict", false, "refuse workers of fallback sources")
}

// SourceFlags adds the flags that say how sources are asked.
func (r *Request) SourceFlags(flags *pflag.FlagSet) {
	flags.BoolVar(&r.Offline, "offline", false, "use what is installed and ask no source")
	flags.BoolVar(&r.Refresh, "refresh", false, "ask and try also what failed a short while ago")
	flags.BoolVar(&r.Force, "force", false, "install the best candidate even if it is installed already")
	r.Host.Flag(flags)
}

// Host replaces facts of the machine, by machine.Keys. An empty value makes a fact unknown.
type Host map[string]string

// Flag adds the flag that sets h.
func (h *Host) Flag(flags *pflag.FlagSet) {
	flags.StringToStringVar((*map[string]string)(h), "host", nil, "`key=value` fact of the machine, such as libc=musl")
	flags.Lookup("host").DefValue = ""
}

// Parse reads TYPE[@CONSTRAINT] and combines it with the flags.
func (r *Request) Parse(arg string) (provisioner.Request, error) {
	req, err := provisioner.ParseRequest(arg)
	if err != nil {
		return req, exit.WrongUsage(err)
	}
	if req.Platform, req.Arch, err = ParsePlatform(r.Platform); err != nil {
		return req, err
	}
	req.Vendor, req.Offline, req.Refresh, req.Force, req.Strict = r.Vendor, r.Offline, r.Refresh, r.Force, r.Strict
	if req.Offline && req.Force {
		return req, exit.Usagef("--offline and --force contradict each other")
	}
	return req, nil
}

// Open reads TYPE[@CONSTRAINT] and opens the catalog and the configuration.
func (r *Request) Open(s *Session, arg string) (*engine.Provisioner, provisioner.Request, error) {
	req, err := r.Parse(arg)
	if err != nil {
		return nil, req, err
	}
	p, err := s.Provisioner(r.Host)
	return p, req, err
}

// ParsePlatform reads os/arch, or an os alone, which means its usual architecture. Both results are empty for an empty
// text.
func ParsePlatform(s string) (catalog.Platform, catalog.Arch, error) {
	if s == "" {
		return "", "", nil
	}
	osName, archName, hasArch := strings.Cut(s, "/")
	platform, err := catalog.ParsePlatform(osName)
	if err != nil {
		return "", "", exit.WrongUsage(err)
	}
	if !hasArch {
		return platform, platform.UsualArch(), nil
	}
	arch, err := catalog.ParseArch(archName)
	if err != nil {
		return "", "", exit.WrongUsage(err)
	}
	return platform, arch, nil
}
