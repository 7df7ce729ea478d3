package plugins

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rbee-keeper/provision/provisioner"
)

// roleKey names the environment variable that tells a started test binary what to be.
const roleKey = "PLUGINS_TEST_ROLE"

func TestMain(m *testing.M) {
	switch role := os.Getenv(roleKey); role {
	case "":
		os.Exit(m.Run())
	case "vendor":
		Serve(testVendor{})
	case "host":
		beHost()
	case "impostor", "stranger", "intruder":
		beOtherEnd(role)
	case "foreign":
		beForeign()
	case "sleeper":
		time.Sleep(time.Hour)
	case "garbage":
		fmt.Println("hello, world")
		time.Sleep(time.Hour)
	case "binary garbage":
		fmt.Print(strings.Repeat("\x00", 1<<20))
		time.Sleep(time.Hour)
	case "old":
		fmt.Println("1|99|unix|" + os.Getenv("PLUGIN_UNIX_SOCKET_DIR") + "/x|grpc|")
		time.Sleep(time.Hour)
	case "elsewhere":
		fmt.Println("1|1|unix|/run/other.sock|grpc|")
		time.Sleep(time.Hour)
	case "exit":
		fmt.Fprintln(os.Stderr, "no licence found")
		os.Exit(3)
	case "log and exit":
		Logger().Warn("no licence found", "days", 3)
		os.Exit(3)
	case "mute":
		fmt.Fprintln(os.Stderr, "thinking")
		time.Sleep(time.Hour)
	default:
		fmt.Fprintf(os.Stderr, "unknown role %q\n", role)
		os.Exit(1)
	}
}

// beHost starts a vendor, prints its number and that of its child, and waits to be killed.
func beHost() {
	p, err := Launch(context.Background(), command("vendor"))
	if err != nil {
		panic(err)
	}
	fmt.Println(p.PID())
	req := fetchRequest(os.TempDir(), os.Getenv("PLUGINS_TEST_FETCH"))
	req.OnProgress = func(progress provisioner.Progress) { fmt.Println(progress.Message) }
	_, err = p.Fetch(context.Background(), req)
	panic(err)
}

// raceOptions keep a process built with -race from pausing for a second before it exits.
const raceOptions = "GORACE=atexit_sleep_ms=0"

// command starts this test binary in a role.
func command(role string) Command {
	path, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return Command{Name: "acme", Path: path, Env: []string{roleKey + "=" + role, raceOptions}}
}
