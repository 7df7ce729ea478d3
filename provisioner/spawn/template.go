package spawn

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"

	"github.com/rbee-keeper/provision/provisioner"
)

// checkTemplate refuses what the template has no place for.
func (l *launcher) checkTemplate() error {
	refuse := func(format string, args ...any) *provisioner.Error {
		return provisioner.Errorf(provisioner.InvalidConfig, format, args...)
	}
	takesSocket := l.template.Uses("{socket}")
	switch {
	case l.Model != "" && !l.template.Uses("{model}"):
		return refuse("%w", ErrNoModel).
			WithHint("its launch template has no {model}; start it without one, or use another worker")
	case l.Model == "" && l.template.Uses("{model}") && len(l.Args) == 0:
		return refuse("%w", ErrModelNeeded).WithHint("give the path or name of one")
	case l.Host != "127.0.0.1" && l.Host != "localhost" && !l.template.Uses("{host}") && !takesSocket:
		return refuse("this worker can't be told to listen at %s", l.Host).WithHint("its launch template has no {host}")
	case takesSocket && runtime.GOOS == "windows":
		return refuse("no socket can be handed over to a worker on Windows").
			WithHint("its launch template has {socket}; use {port} there")
	case l.Port == 0 && !l.template.Uses("{port}") && !takesSocket:
		return refuse("this worker can't be told its port").
			WithHint("its launch template has no {port}; give the port that it listens at")
	default:
		return nil
	}
}

// firstInherited is the number that the first of the files has which a worker inherits beside its standard ones.
const firstInherited = 3

// files are what the worker inherits: the lease, and last the socket that it takes.
func (l *launcher) files(p *port) []*os.File {
	var files []*os.File
	if l.entry.lease != nil {
		files = append(files, l.entry.lease.File())
	}
	if p.socket != nil {
		files = append(files, p.socket)
	}
	return files
}

// command fills in the template.
func (l *launcher) command(p *port) (command, error) {
	filled, err := l.template.Expand(map[string]string{
		"{host}": l.Host, "{port}": strconv.Itoa(p.number), "{model}": l.model(), "{queen_url}": l.QueenURL,
		"{worker_id}": l.WorkerID, "{install_dir}": l.entry.Dir,
		"{socket}": strconv.Itoa(firstInherited + len(l.files(p)) - 1),
	})
	if err != nil {
		return command{}, err
	}
	dir := filepath.FromSlash(filled.Dir)
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(l.entry.Dir, dir)
	}
	return command{
		path: l.entry.Executable(), dir: dir, args: append(filled.Args, l.Args...), env: l.environment(filled),
	}, nil
}

// model is the model as the worker is told it: a file's path means the same in the worker's working folder.
func (l *launcher) model() string {
	if _, err := os.Stat(l.Model); err != nil || l.Model == "" {
		return l.Model
	}
	path, err := filepath.Abs(l.Model)
	if err != nil {
		return l.Model
	}
	return path
}
