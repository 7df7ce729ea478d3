package localbuild

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRecipe_newVersionDiscardsMakesObjects(t *testing.T) {
	t.Parallel()
	skipOnWindows(t)
	repo := newRepo(t, files{".gitignore": "*.o\nworker\n"})
	repo.commit(files{
		"main.c":   "#include <stdio.h>\nint main(void) { puts(VERSION); return 0; }\n",
		"Makefile": "worker: main.o\n\t$(CC) -o $@ $^\nmain.o: main.c\n\t$(CC) -DVERSION='\"$(VERSION)\"' -c main.c\n",
	}, "v1.0.0")
	q := query(t, with{"source": "git", "url": repo.dir, "builder": "make", "targets": []string{"worker"},
		"variables": with{"VERSION": "{version}"}})
	exe, _ := fetch(t, q)
	require.Equal(t, "1.0.0", run(t, exe))
	repo.commit(files{"README": "more"}, "v1.1.0")
	exe, _ = fetch(t, q)
	require.Equal(t, "1.1.0", run(t, exe), "make sees no change of main.c")
}

func TestRecipe_newCompilerSettingsDiscardObjects(t *testing.T) {
	t.Setenv("CFLAGS", "-O1")
	q := played(t, "make made x", nil)
	fetch(t, q)
	left := filepath.Join(onlyWorkspace(t, q), sourceFolder, "left")
	require.NoError(t, os.WriteFile(left, nil, 0o600))
	fetch(t, q)
	require.FileExists(t, left)
	t.Setenv("CFLAGS", "-O2")
	fetch(t, q)
	require.NoFileExists(t, left)
	recipe, err := os.ReadFile(filepath.Join(onlyWorkspace(t, q), "recipe"))
	require.NoError(t, err)
	require.Regexp(t, "^[0-9a-f]{64}$", string(recipe), "it holds no value")
}
