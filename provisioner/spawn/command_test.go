package spawn

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

func variables(env []string) map[string]string {
	byName := map[string]string{}
	for _, v := range env {
		name, value, _ := strings.Cut(v, "=")
		byName[name] = value
	}
	return byName
}

func TestAWorkerGetsTheUsualVariablesAndThoseThatAreNamed(t *testing.T) {
	t.Setenv("SPAWN_TEST_TOKEN", "secret")
	t.Setenv("SPAWN_TEST_NAMED", "named")
	t.Setenv("SPAWN_TEST_BOTH", "the hive's")
	t.Setenv("CUDA_VISIBLE_DEVICES", "1")
	t.Setenv("HTTPS_PROXY", "http://user:secret@127.0.0.1:1")
	path, err := os.Executable()
	require.NoError(t, err)
	launch := &catalog.Launch{Args: []string{"--port", "{port}"}, Env: workerEnv(), Ready: &catalog.Ready{HTTP: "/health"}}
	launch.Env["SPAWN_TEST_BOTH"] = "the template's"
	launch.Env["CUDA_VISIBLE_DEVICES"] = "2"
	launch.Env["SPAWN_TEST_WHERE"] = "{install_dir} {worker_id} {host}:{port}"
	h := newHiveOf(t, path, catalog.Provenance{Launch: launch})
	w := h.mustStart(t, Options{Env: []string{"SPAWN_TEST_NAMED", "SPAWN_TEST_BOTH", "SPAWN_TEST_ABSENT"}})

	got := describe(t, w)
	env := variables(got.Env)
	require.Equal(t, "named", env["SPAWN_TEST_NAMED"])
	require.Equal(t, "the hive's", env["SPAWN_TEST_BOTH"])
	require.Equal(t, "2", env["CUDA_VISIBLE_DEVICES"])
	require.Equal(t, os.Getenv("PATH"), env["PATH"])
	require.Equal(t, w.Info().ID, env[workerIDVariable])
	require.NotContains(t, env, "SPAWN_TEST_ABSENT")
	require.NotContains(t, strings.Join(got.Env, "\n"), "secret")
	dir, err := h.EntryDir(h.entry.Worker.ID)
	require.NoError(t, err)
	host := strings.TrimPrefix(w.Info().URL, "http://")
	require.Equal(t, dir+" "+w.Info().ID+" "+host, env["SPAWN_TEST_WHERE"])
	requireSameFile(t, dir, got.Dir)
}

func requireSameFile(t *testing.T, a, b string) {
	t.Helper()
	infoA, err := os.Stat(a)
	require.NoError(t, err)
	infoB, err := os.Stat(b)
	require.NoError(t, err)
	require.True(t, os.SameFile(infoA, infoB), "%s, %s", a, b)
}

func TestAForeignEntryIsStartedWithTheOriginalsCommandLine(t *testing.T) {
	for name, value := range workerEnv() {
		t.Setenv(name, value)
	}
	path, err := os.Executable()
	require.NoError(t, err)
	c, err := catalog.NewWorkerCatalogAt(t.TempDir())
	require.NoError(t, err)
	worker := catalog.NewWorkerBinary("llm-worker-rbee-cpu-0.1.0", catalog.CpuLlm, catalog.Current(), path, 42, "of old")
	require.NoError(t, c.Add(t.Context(), worker))
	h := &hive{WorkerCatalog: c, entry: provisioner.Result{Entry: catalog.Entry{Worker: worker}}}
	w := h.mustStart(t, Options{Env: []string{roleKey, markKey}, QueenURL: "http://127.0.0.1:7833",
		Args: []string{"--do", "{port}"}})
	_, port, _ := strings.Cut(strings.TrimPrefix(w.Info().URL, "http://"), ":")
	require.Equal(t, []string{"--port", port, "--queen-url", "http://127.0.0.1:7833", "--do", "{port}"},
		describe(t, w).Args)
	require.Equal(t, "of old", w.Info().Version)
	require.NoError(t, w.Stop(t.Context()))

	w = h.mustStart(t, Options{Env: []string{roleKey, markKey}})
	require.NotContains(t, describe(t, w).Args, "--queen-url")
}

func TestAModelIsGivenByItsAbsolutePath(t *testing.T) {
	h := newHive(t, "--model", "{model}")
	dir := t.TempDir()
	t.Chdir(dir)
	require.NoError(t, os.WriteFile("llama.gguf", nil, 0o600))
	for model, want := range map[string]string{
		"llama.gguf": filepath.Join(dir, "llama.gguf"), "bees/llama": "bees/llama",
	} {
		w := h.mustStart(t, Options{Model: model})
		args := describe(t, w).Args
		got := args[slices.Index(args, "--model")+1]
		if model != want {
			requireSameFile(t, want, got)
			require.True(t, filepath.IsAbs(got))
		} else {
			require.Equal(t, want, got)
		}
		require.NoError(t, w.Stop(t.Context()))
	}
}

func TestWhatTheTemplateHasNoPlaceForIsRefused(t *testing.T) {
	t.Parallel()
	plain, withModel, portless := newHive(t), newHive(t, "--model", "{model}"), newHive(t)
	portless.relaunch(t, &catalog.Launch{Args: []string{"serve"}, Env: workerEnv()})
	for name, c := range map[string]struct {
		hive    *hive
		options Options
		want    string
		is      error
	}{
		"a model":          {plain, Options{Model: "llama.gguf"}, "takes no model", ErrNoModel},
		"no model":         {withModel, Options{}, "needs a model", ErrModelNeeded},
		"a host":           {plain, Options{Host: "0.0.0.0"}, "can't be told to listen at 0.0.0.0", nil},
		"a chosen port":    {portless, Options{}, "can't be told its port", nil},
		"a malformed port": {plain, Options{Port: 65536}, "65536", nil},
		"no queen":         {plain, Options{QueenURL: "bee:hunter2@queen"}, "malformed URL", nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.hive.start(t, c.options)
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "hunter2")
			require.Equal(t, provisioner.InvalidConfig, provisioner.KindOf(err))
			if c.is != nil {
				require.ErrorIs(t, err, c.is)
			}
			c.hive.requireFree(t)
		})
	}
	w := withModel.mustStart(t, Options{Args: []string{"--do", "serve"}})
	require.NotContains(t, describe(t, w).Args, "--model", "the arguments may name a model in another way")
}
