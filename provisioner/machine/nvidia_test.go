package machine

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCUDAOf_returnsTheNewestOfTheDriversBranch(t *testing.T) {
	for driver, want := range map[string]string{
		"580.65.06": "13.0", "580": "13.0", "535.129.03": "12.2",
		"450.80.02": "11.0", "471.41": "11.4",
		"566.36": "12.7",
		"581.15": "13.0", "589.1": "13.0", "590.48.01": "13.1", "999.1": "13.3",
		"440.33": "", "390.157": "", "": "", "new": "", "-1": "",
	} {
		fact := cudaOf(driver)
		require.Equal(t, want, fact.Value, driver)
		require.NotEmpty(t, fact.Source)
	}
	require.Equal(t, "driver 581.15 is of branch 580 or newer", cudaOf("581.15").Source)
}

func TestNvidiaOfWindows_readsTheDriversVersion(t *testing.T) {
	for version, want := range map[string]string{
		"32.0.15.8065": "580.65", "31.0.15.3713": "537.13", "27.21.14.5671": "456.71", "30.0.15.1123": "511.23",
		"": "", "580.65": "", "1.2.3": "", "a.b.c.d": "", "1.2.3.4": "", "32.0.15.80x5": "",
	} {
		require.Equal(t, want, nvidiaOfWindows(version), version)
	}
}

func TestSMIAnswer_readsTheOutput(t *testing.T) {
	for text, want := range map[string]smiAnswer{
		"8.9, 580.65.06, NVIDIA GeForce RTX 4090\n8.6, 580.65.06, NVIDIA GeForce RTX 3060\n": {
			version: "580.65.06", lowest: 86, names: []string{"NVIDIA GeForce RTX 4090", "NVIDIA GeForce RTX 3060"},
		},
		"12.0, 610.43.02, NVIDIA GeForce RTX 5090, Founders Edition\r\n": {
			version: "610.43.02", lowest: 120, names: []string{"NVIDIA GeForce RTX 5090, Founders Edition"},
		},
		"[N/A], 580.65.06, NVIDIA A100\n": {
			version: "580.65.06", names: []string{"NVIDIA A100"},
		},
		"Field \"compute_cap\" is not a valid field to query.\n":                          {},
		"NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n": {},
		"": {},
	} {
		var have smiAnswer
		have.readGPUs(text)
		require.Equal(t, want, have)
	}
}

func TestSMIAnswer_knowsBothNamesOfCUDA(t *testing.T) {
	for _, text := range []string{
		"CUDA Version        : 13.3\n", "CUDA UMD Version    : 13.3\n",
		"| NVIDIA-SMI 610.43.02      KMD Version: 610.43.02     CUDA UMD Version: 13.3     |",
	} {
		require.Equal(t, "13.3", smiCUDA.FindStringSubmatch(text)[1])
	}
	require.Nil(t, smiCUDA.FindStringSubmatch("CUDA Version: N/A"))
}

func TestNvidia_doesNotRunTheToolWithoutADriver(t *testing.T) {
	t.Parallel()
	f := aTree(t, "")
	f.toolLimit = 1 << 40
	f.write(t, "/usr/bin/nvidia-smi", "#!/bin/sh\necho 8.9, 580.65.06, a GPU\n")
	require.Empty(t, Facts(f.find(context.Background())).Host().Facts()[SM])
}
