package spawn

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

const (
	// roleKey names the variable that makes the test binary a worker or a hive.
	roleKey = "SPAWN_TEST_ROLE"
	// markKey names a variable that all processes of a test run have.
	markKey = "SPAWN_TEST_MARK"
)

func TestMain(m *testing.M) {
	switch os.Getenv(roleKey) {
	case "worker":
		os.Exit(playWorker())
	case "hive":
		os.Exit(playHive(os.Args[1], os.Args[2]))
	}
	code := m.Run()
	if left := leftBehind(); len(left) > 0 {
		fmt.Fprintln(os.Stderr, "processes are left behind:", left)
		code = 1
	}
	if referenceDir != "" {
		_ = os.RemoveAll(referenceDir)
	}
	os.Exit(code)
}

func mark() string { return strconv.Itoa(os.Getpid()) }

// leftBehind lists the processes that tests started and that still run, where that can be seen.
func leftBehind() []string {
	var left []string
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range files {
		environ, err := os.ReadFile(file)
		if err == nil && bytes.Contains(environ, []byte(markKey+"="+mark()+"\x00")) {
			line, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline"))
			left = append(left, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return left
}

// workerEnv is the environment that makes the test binary a worker.
func workerEnv() map[string]string {
	return map[string]string{roleKey: "worker", markKey: mark(), "GORACE": "atexit_sleep_ms=0"}
}

// playWorker is a worker whose ways are told by its arguments.
func playWorker() int {
	port := flag.Int("port", 0, "")
	do := flag.String("do", "serve", "")
	flag.String("queen-url", "", "")
	flag.String("model", "", "")
	flag.Parse()
	switch *do {
	case "die":
		for i := range 100 {
			fmt.Printf("\x1b[31mline %d\x1b[0m\a\r\n", i+1)
		}
		return 3
	case "hang":
		select {}
	case "deaf":
		onTermination(func() { fmt.Println("ignoring the signal") })
	case "end well":
		onTermination(func() {
			fmt.Println("ending well")
			os.Exit(0)
		})
	case "parent of deaf":
		if err := startDeafChild(); err != nil {
			fmt.Println(err)
			return 1
		}
	}
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		fmt.Println("couldn't bind:", err)
		if *do == "stubborn" {
			select {}
		}
		return 1
	}
	fmt.Println(http.Serve(listener, routes(*do)))
	return 1
}

func startDeafChild() error {
	child := exec.Command(os.Args[0], "--do", "deaf")
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	err := child.Start()
	if err == nil {
		fmt.Println("child", child.Process.Pid)
	}
	return err
}

func routes(do string) http.Handler {
	var questions atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) {
		if do == "load" && questions.Add(1) <= 5 {
			http.Error(w, "loading model", http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("/exit", func(http.ResponseWriter, *http.Request) {
		fmt.Println("asked to exit")
		os.Exit(4)
	})
	mux.HandleFunc("/self", func(w http.ResponseWriter, _ *http.Request) {
		dir, _ := os.Getwd()
		_ = json.NewEncoder(w).Encode(self{Args: os.Args[1:], Env: os.Environ(), Dir: dir})
	})
	return mux
}

// self is what a worker tells of itself.
type self struct {
	Args, Env []string
	Dir       string
}

// onTermination calls do, in place of ending, for each signal.
func onTermination(do func()) {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, os.Interrupt, syscall.SIGTERM)
	go func() {
		for range asked {
			do()
		}
	}()
}

// playHive starts a worker, describes it, and lives until its stdin ends or it is killed.
func playHive(home, id string) int {
	c, err := catalog.NewWorkerCatalogAt(home)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	worker, err := c.Get(id)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	w, err := Start(context.Background(), Options{Catalog: c,
		Entry: provisioner.Result{Entry: catalog.Entry{Worker: worker}}})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	_ = json.NewEncoder(os.Stdout).Encode(w.Info())
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = w.Stop(context.Background())
	return 0
}

func exeSuffix() string {
	if runtime.GOOS == "windows" {
		return ".exe"
	}
	return ""
}
