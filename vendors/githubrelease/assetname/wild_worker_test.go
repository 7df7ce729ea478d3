package assetname

// wildWorkers are like wildReleases, and most are of projects that run models. Their releases hold what is easily taken
// for a worker: libraries, backends to load, builds for one GPU that say so by its name alone, other programs.
var wildWorkers = []wildRelease{
	{"oobabooga/textgen", "v4.9", `textgen-portable-4.9-linux-cpu.tar.gz textgen-portable-4.9-linux-cuda12.4.tar.gz
		textgen-portable-4.9-linux-cuda13.1.tar.gz
		textgen-portable-4.9-linux-rocm7.2.tar.gz textgen-portable-4.9-linux-vulkan.tar.gz
		textgen-portable-4.9-linux-arm64-cuda13.1.tar.gz
		textgen-portable-4.9-macos-arm64.tar.gz textgen-portable-4.9-windows-cuda12.4.zip
		textgen-portable-ik-4.9-linux-cuda12.4.tar.gz`, map[string]string{
		"cpu/linux/amd64":            "textgen-portable-4.9-linux-cpu.tar.gz",
		"cuda/linux/amd64":           "textgen-portable-4.9-linux-cuda12.4.tar.gz",
		"cuda/linux/amd64;cuda=13.1": "textgen-portable-4.9-linux-cuda13.1.tar.gz",
		"cuda/linux/arm64":           "textgen-portable-4.9-linux-arm64-cuda13.1.tar.gz",
		"cpu/linux/arm64":            "-", "cpu/windows/amd64": "-",
	}},
	{"waqasm86/llcuda", "v2.0.6", `llcuda-binaries-cuda12-t4.tar.gz llcuda-binaries-cuda12-940m.tar.gz
		llcuda-2.0.6-py3-none-any.whl`, map[string]string{
		"cuda/linux/amd64": "-", "cpu/linux/amd64": "-",
	}},
	{"lemonade-sdk/lemonade", "v11.8.0", `lemonade-embeddable-11.8.0-ubuntu-x64.tar.gz
		lemonade-embeddable-11.8.0-windows-x64.zip lemonade.msi
		lemonade-server_11.8.0-debian13_amd64.deb Lemonade-11.8.0-Darwin.pkg lemonade-app-11.8.0-x86_64.AppImage`,
		map[string]string{
			"cpu/linux/amd64": "lemonade-embeddable-11.8.0-ubuntu-x64.tar.gz", "cuda/linux/amd64": "-", "cpu/macos/arm64": "-",
		}},
	{"locaal-ai/occ-ai-dep-whispercpp", "0.0.11", `whispercpp-linux-x86_64-amd-Release.tar.gz
		whispercpp-linux-x86_64-generic-Release.tar.gz
		whispercpp-linux-x86_64-nvidia-Release.tar.gz whispercpp-macos-arm64-0.0.11.tar.gz
		whispercpp-windows-nvidia-0.0.11.zip`, map[string]string{
		"cpu/linux/amd64":  "whispercpp-linux-x86_64-generic-Release.tar.gz",
		"cuda/linux/amd64": "whispercpp-linux-x86_64-nvidia-Release.tar.gz",
		"rocm/linux/amd64": "-", "cpu/windows/amd64": "-",
	}},
	{"eullm/eullm", "v0.6.2", `eullm-linux-x64 eullm-linux-x64-cuda12.8 eullm-linux-x64-cuda12.8-turboquant-exp
		eullm-macos-arm64 eullm-macos-arm64-metal`, map[string]string{
		"cpu/linux/amd64": "eullm-linux-x64", "cuda/linux/amd64": "eullm-linux-x64-cuda12.8",
		"metal/macos/arm64": "eullm-macos-arm64-metal",
		"cpu/macos/arm64":   "eullm-macos-arm64",
	}},
	{"LeelaChessZero/lc0", "v0.32.1", `lc0-v0.32.1-android.apk lc0-v0.32.1-windows-cpu-dnnl.zip
		lc0-v0.32.1-windows-cpu-openblas.zip lc0-v0.32.1-windows-gpu-dx12.zip
		lc0-v0.32.1-windows-gpu-nvidia-cuda.zip lc0-v0.32.1-windows-gpu-nvidia-cudnn.zip lc0-v0.32.1-linux-cuda-x64.tar.gz
		lc0-v0.32.1-macos_12.6.1.zip`, map[string]string{
		"cpu/windows/amd64": "?", "cuda/windows/amd64": "?", "cuda/linux/amd64": "lc0-v0.32.1-linux-cuda-x64.tar.gz",
		"cpu/linux/amd64": "-",
		"cpu/macos/arm64": "-",
	}},
	{"mudler/parakeet.cpp", "v0.3.1", `parakeet-v0.3.1-bin-linux-cuda-x64.tar.gz parakeet-v0.3.1-bin-linux-cpu-x64.tar.gz
		parakeet-v0.3.1-lib-linux-cuda-x64.tar.gz
		parakeet-v0.3.1-bin-macos-metal-arm64.tar.gz`, map[string]string{
		"cuda/linux/amd64": "parakeet-v0.3.1-bin-linux-cuda-x64.tar.gz", "cpu/macos/arm64": "-",
		"metal/macos/arm64": "parakeet-v0.3.1-bin-macos-metal-arm64.tar.gz",
	}},
	{"CrispStrobe/CrispASR", "v0.6.4", `crispasr-linux-arm64.tar.gz crispasr-linux-x86_64.tar.gz
		crispasr-linux-x86_64-avx512.tar.gz crispasr-windows-x86_64-cpu-legacy.zip
		crispasr-windows-x86_64-cpu.zip crispasr-windows-x86_64-cuda.zip libcrispasr-linux-x86_64.tar.gz
		libcrispasr-linux-x86_64-cuda.tar.gz
		libcrispasr-windows-x86_64-cuda.tar.gz`, map[string]string{
		"cuda/linux/amd64": "-", "cpu/linux/amd64": "crispasr-linux-x86_64.tar.gz",
		"cpu/windows/amd64":  "crispasr-windows-x86_64-cpu.zip",
		"cuda/windows/amd64": "crispasr-windows-x86_64-cuda.zip",
	}},
	{"enapt/swarmllm", "v0.3.9", `swarmllm-linux-x86_64 swarmllm-linux-x86_64-cuda swarmllm-linux-x86_64.sha256
		swarmllm-linux-x86_64-cuda.sha256.minisig`, map[string]string{
		"cpu/linux/amd64": "swarmllm-linux-x86_64", "cuda/linux/amd64": "swarmllm-linux-x86_64-cuda", "cpu/linux/arm64": "-",
	}},
	{"Mesh-LLM/mesh-llm", "v0.60.0", `mesh-llm-x86_64-unknown-linux-gnu.tar.gz
		mesh-llm-x86_64-unknown-linux-gnu-cuda.tar.gz mesh-llm-x86_64-unknown-linux-gnu-rocm.tar.gz
		mesh-llm-aarch64-unknown-linux-gnu.tar.gz mesh-llm-aarch64-unknown-linux-gnu-cuda.tar.gz
		mesh-llm-x86_64-unknown-linux-gnu-cuda-blackwell.tar.gz
		mesh-bundle.tar.gz`, map[string]string{
		"cpu/linux/amd64":         "mesh-llm-x86_64-unknown-linux-gnu.tar.gz",
		"cuda/linux/amd64":        "mesh-llm-x86_64-unknown-linux-gnu-cuda.tar.gz",
		"cuda/linux/amd64;sm=100": "mesh-llm-x86_64-unknown-linux-gnu-cuda-blackwell.tar.gz",
		"cuda/linux/arm64":        "mesh-llm-aarch64-unknown-linux-gnu-cuda.tar.gz",
	}},
	{"decred/decred-binaries", "v1.0.0", `gominer-linux-amd64-cuda-v1.0.0.tar.gz gominer-linux-amd64-opencl-v1.0.0.tar.gz
		decred-linux-amd64-v1.0.0.tar.gz
		dcrinstall-linux-amd64-v1.0.0 manifest-v1.0.0.txt`, map[string]string{
		"cpu/linux/amd64": "decred-linux-amd64-v1.0.0.tar.gz", "cuda/linux/amd64": "-", "opencl/linux/amd64": "-",
	}},
	{"microsoft/onnxruntime", "v1.17.1", `onnxruntime-win-x64-gpu-1.17.1.zip onnxruntime-win-x64-cuda12-1.17.1.zip
		onnxruntime-win-x64-1.17.1.zip
		onnxruntime-training-linux-x64-1.17.1.tgz onnxruntime-linux-x64-1.17.1.tgz onnxruntime-linux-x64-gpu-1.17.1.tgz`,
		map[string]string{
			"cpu/linux/amd64": "onnxruntime-linux-x64-1.17.1.tgz", "cuda/linux/amd64": "-",
			"cuda/windows/amd64": "onnxruntime-win-x64-cuda12-1.17.1.zip",
		}},
	{"BonsonW/slorado", "v0.3.0-beta", `slorado-v0.3.0-beta-x86_64-rocm-linux-binaries.tar.xz
		slorado-v0.3.0-beta-x86_64-cuda-linux-binaries.tar.xz
		slorado-v0.3.0-beta-release.tar.gz`, map[string]string{
		"rocm/linux/amd64": "slorado-v0.3.0-beta-x86_64-rocm-linux-binaries.tar.xz", "cpu/linux/amd64": "-",
	}},
	{"acme/llm-cc", "v0.2.0", `llm-cc-linux-x86_64 llm-cc-backend-cuda-linux-x86_64.bundle
		llm-cc-backend-rocm-linux-x86_64.tar.gz llm-cc-cuda-kernels-linux-x86_64.tar.gz
		ggml-cuda-linux-x86_64.tar.gz llm-cc-client-linux-x86_64-cuda.tar.gz`, map[string]string{
		"cpu/linux/amd64": "llm-cc-linux-x86_64", "cuda/linux/amd64": "-", "rocm/linux/amd64": "-",
	}},
	{"xinntao/Real-ESRGAN-ncnn-vulkan", "v0.2.0", `realesrgan-ncnn-vulkan-v0.2.0-macos.zip
		realesrgan-ncnn-vulkan-v0.2.0-ubuntu.zip realesrgan-ncnn-v0.2.0-windows.zip`, map[string]string{
		"vulkan/linux/amd64": "realesrgan-ncnn-vulkan-v0.2.0-ubuntu.zip", "cpu/linux/amd64": "-", "cpu/windows/amd64": "-",
	}},
	{"rhasspy/piper", "2023.11.14-2", `piper_linux_x86_64.tar.gz piper_linux_aarch64.tar.gz piper_linux_armv7l.tar.gz
		piper_macos_x64.tar.gz piper_windows_amd64.zip`, map[string]string{
		"cpu/linux/amd64": "piper_linux_x86_64.tar.gz", "cpu/linux/arm64": "piper_linux_aarch64.tar.gz",
		"cpu/macos/arm64": "-",
	}},
	{"Tencent/ncnn", "20240820", `ncnn-20240820-ubuntu-2204.zip ncnn-20240820-ubuntu-2204-shared.zip
		ncnn-20240820-full-source.zip ncnn-20240820-macos-vulkan.zip
		ncnn-20240820-android-vulkan.zip ncnn-20240820-webassembly.zip ncnn-20240820-harmonyos.zip`, map[string]string{
		"cpu/linux/amd64": "ncnn-20240820-ubuntu-2204.zip", "cpu/linux/amd64;glibc=2.31": "-", "vulkan/linux/amd64": "-",
		"cpu/macos/arm64": "-",
	}},
	{"alibaba/MNN", "3.0.0", `mnn_3.0.0_macos_x64_arm82_cpu_opencl_metal.zip mnn_3.0.0_windows_x64_cpu_opencl.zip
		mnn_3.0.0_android_armv7_armv8_cpu_opencl_vulkan.zip`, map[string]string{
		"cpu/windows/amd64": "-", "cpu/macos/arm64": "-", "cpu/linux/amd64": "-",
	}},
	{"antimatter15/alpaca.cpp", "81bd894", `alpaca-linux.zip alpaca-mac.zip alpaca-win.zip`, map[string]string{
		"cpu/linux/amd64": "alpaca-linux.zip", "cpu/linux/arm64": "-", "cpu/macos/arm64": "-",
	}},
	{"YellowRoseCx/koboldcpp-rocm", "v1.85.yr0-ROCm", `koboldcpp_rocm.exe koboldcpp_rocm_files.zip koboldcpp.exe
		koboldcpp-linux-x64-rocm`, map[string]string{
		"rocm/windows/amd64": "koboldcpp_rocm.exe", "rocm/linux/amd64": "koboldcpp-linux-x64-rocm", "cpu/windows/amd64": "-",
	}},
	{"NexaAI/nexa-sdk", "v0.2.50", `nexa-cli_linux_arm64.sh nexa-cli_linux_x86_64.sh nexa-cli_macos_arm64.pkg
		nexa-cli_windows_x86_64.exe`, map[string]string{
		"cpu/linux/amd64": "-", "cpu/macos/arm64": "-", "cpu/windows/amd64": "nexa-cli_windows_x86_64.exe",
		"cpu/windows/arm64": "-",
	}},
	{"aandrew-me/tgpt", "v2.11.0", `tgpt-386.exe tgpt-amd64.exe tgpt-arm64.exe tgpt-freebsd-amd64 tgpt-linux-amd64
		tgpt-linux-i386 tgpt-mac-arm64`, map[string]string{
		"cpu/linux/amd64": "tgpt-linux-amd64", "cpu/windows/arm64": "tgpt-arm64.exe", "cpu/macos/amd64": "-",
		"cuda/linux/amd64": "-",
	}},
	{"triton-inference-server/server", "v2.42.0", `tritonserver2.42.0-igpu.tar.gz tritonserver2.42.0-win.zip
		v2.42.0_ubuntu2204.clients.tar.gz
		tritonserver2.35.0-jetpack5.1.2.tgz`, map[string]string{
		"cpu/linux/amd64": "-", "cuda/linux/amd64": "-", "cuda/linux/arm64": "-",
	}},
	{"mozilla/DeepSpeech", "v0.9.3", `native_client.amd64.cpu.linux.tar.xz native_client.amd64.cuda.linux.tar.xz
		native_client.rpi3.cpu.linux.tar.xz libdeepspeech.zip
		deepspeech-0.9.3-models.pbmm audio-0.9.3.tar.gz`, map[string]string{
		"cpu/linux/amd64": "-", "cuda/linux/amd64": "-", "cpu/linux/arm64": "-",
	}},
	{"official-stockfish/Stockfish", "sf_17.1", `stockfish-android-armv8.tar stockfish-macos-m1-apple-silicon.tar
		stockfish-ubuntu-x86-64-avx512.tar
		stockfish-ubuntu-x86-64-bmi2.tar stockfish-ubuntu-x86-64.tar stockfish-windows-armv8.zip
		stockfish-windows-x86-64-avx2.zip`, map[string]string{
		"cpu/linux/amd64": "stockfish-ubuntu-x86-64.tar", "cpu/linux/arm64": "-",
		"cpu/windows/amd64": "stockfish-windows-x86-64-avx2.zip",
		"cpu/windows/arm64": "stockfish-windows-armv8.zip",
	}},
	{"lightvector/KataGo", "v1.16.0", `katago-v1.16.0-cuda12.1-cudnn8.9.7-linux-x64.zip
		katago-v1.16.0-cuda12.8-cudnn9.8.0-linux-x64.zip katago-v1.16.0-eigen-linux-x64.zip
		katago-v1.16.0-eigenavx2-linux-x64.zip katago-v1.16.0-opencl-linux-x64.zip
		katago-v1.16.0-trt10.9.0-cuda12.8-linux-x64.zip`, map[string]string{
		"cpu/linux/amd64": "?", "cuda/linux/amd64": "katago-v1.16.0-cuda12.1-cudnn8.9.7-linux-x64.zip",
		"cuda/linux/amd64;cuda=12.8": "katago-v1.16.0-cuda12.8-cudnn9.8.0-linux-x64.zip",
		"opencl/linux/amd64":         "katago-v1.16.0-opencl-linux-x64.zip",
		"tensorrt/linux/amd64":       "-",
	}},
	{"intel/ipex-llm", "v2.3.0-nightly", `llama-cpp-ipex-llm-2.3.0b20250724-ubuntu-core.tgz
		ollama-ipex-llm-2.3.0b20250725-ubuntu.tgz flashmoe-llama-cpp-linux.tgz
		llama-cpp-ipex-llm-2.3.0b20250724-win-npu.zip`, map[string]string{
		"cpu/linux/amd64": "-", "sycl/linux/amd64": "?", "cuda/linux/amd64": "-", "cpu/windows/amd64": "-",
	}},
	{"Purfview/whisper-standalone-win", "r245.4", `Faster-Whisper-XXL_r245.4_linux.7z
		Faster-Whisper-XXL_r245.4_windows.7z cuBLAS.and.cuDNN_CUDA12_linux_v3.zip`, map[string]string{
		"cuda/linux/amd64": "-", "cpu/linux/amd64": "-", "cpu/windows/amd64": "-",
	}},
	{"huggingface/text-embeddings-inference", "v1.8.0", `text-embeddings-router-turing-linux-x64.tar.gz
		text-embeddings-router-hopper-linux-x64.tar.gz
		text-embeddings-router-linux-x64-rtx-4090.tar.gz text-embeddings-router-linux-x64-mi300x.tar.gz`, map[string]string{
		"cpu/linux/amd64": "-", "cuda/linux/amd64": "-",
		"cuda/linux/amd64;sm=75":           "text-embeddings-router-turing-linux-x64.tar.gz",
		"cuda/linux/amd64;sm=89":           "text-embeddings-router-linux-x64-rtx-4090.tar.gz",
		"rocm/linux/amd64;gfx=gfx942":      "text-embeddings-router-linux-x64-mi300x.tar.gz",
		"rocm/linux/amd64;gfx=gfx1100":     "-",
		"vulkan/linux/amd64;cuda=13;sm=90": "-",
	}},
	{"acme/server", "v1.2.0", `server-linux-cuda-sbsa.tar.gz server-linux-graviton.tar.gz server-linux-sm_86.tar.gz
		server-linux-gb10.tar.gz`, map[string]string{
		"cuda/linux/amd64": "-", "cuda/linux/arm64": "server-linux-cuda-sbsa.tar.gz", "cpu/linux/amd64": "-",
		"cpu/linux/arm64":        "server-linux-graviton.tar.gz",
		"cuda/linux/amd64;sm=86": "server-linux-sm_86.tar.gz",
	}},
	{"gotzmann/llamazoo", "v1.0.0", `llamazoo-linux-x64-gpu llamazoo-linux-x64 llamazoo-mac-arm64`, map[string]string{
		"cpu/linux/amd64": "llamazoo-linux-x64", "cuda/linux/amd64": "-", "metal/macos/arm64": "-",
	}},
	{"ollama/ollama", "v0.6.2", `ollama-darwin.tgz ollama-linux-amd64-rocm.tgz ollama-linux-amd64.tgz
		ollama-linux-arm64-jetpack5.tgz ollama-linux-arm64-jetpack6.tgz
		ollama-linux-arm64.tgz ollama-windows-amd64-rocm.zip ollama-windows-amd64.zip OllamaSetup.exe sha256sum.txt`,
		map[string]string{
			"cuda/linux/arm64": "ollama-linux-arm64.tgz", "cuda/linux/amd64": "ollama-linux-amd64.tgz", "rocm/linux/amd64": "-",
			"rocm/windows/amd64": "-",
		}},
}
