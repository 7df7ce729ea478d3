package assetname

// wildVariants are like wildReleases. Their releases hold variants of one program that only some machines run, or that
// are for another purpose, and the words which tell them are few.
var wildVariants = []wildRelease{
	{"oven-sh/bun", "bun-v1.2.20", `bun-linux-x64.zip bun-linux-x64-baseline.zip bun-linux-x64-profile.zip
		bun-linux-x64-baseline-profile.zip bun-linux-x64-musl.zip
		bun-linux-x64-musl-baseline.zip bun-linux-aarch64.zip bun-linux-aarch64-profile.zip bun-darwin-aarch64.zip
		bun-darwin-x64.zip
		bun-darwin-x64-baseline.zip bun-windows-x64.zip bun-windows-x64-baseline.zip SHASUMS256.txt SHASUMS256.txt.asc`,
		map[string]string{
			"cpu/linux/amd64": "bun-linux-x64.zip", "cpu/linux/amd64;libc=musl": "bun-linux-x64-musl.zip",
			"cpu/linux/amd64;cpu=x86-64-v2": "bun-linux-x64-baseline.zip",
			"cpu/linux/arm64":               "bun-linux-aarch64.zip", "cpu/macos/amd64": "bun-darwin-x64.zip",
			"cpu/windows/amd64":               "bun-windows-x64.zip",
			"cpu/windows/amd64;cpu=x86-64-v1": "bun-windows-x64-baseline.zip", "cuda/linux/amd64": "-",
		}},
	{"biomejs/biome", "cli-v2.2.0", `biome-linux-x64 biome-linux-x64-musl biome-linux-arm64 biome-linux-arm64-musl
		biome-darwin-arm64 biome-win32-x64.exe`, map[string]string{
		"cpu/linux/amd64;libc=glibc": "biome-linux-x64", "cpu/linux/amd64;libc=musl": "biome-linux-x64-musl",
		"cpu/linux/arm64;libc=musl": "biome-linux-arm64-musl",
		"cpu/macos/amd64":           "-", "cpu/windows/amd64": "biome-win32-x64.exe",
	}},
	{"gpustack/gguf-parser-go", "v0.22.1", `gguf-parser-darwin-amd64 gguf-parser-darwin-arm64
		gguf-parser-darwin-universal gguf-parser-linux-amd64 gguf-parser-linux-arm64
		gguf-parser-windows-amd64.exe sha256sum.txt`, map[string]string{
		"cpu/macos/arm64": "gguf-parser-darwin-arm64", "cpu/macos/amd64": "gguf-parser-darwin-amd64",
		"cpu/linux/arm64": "gguf-parser-linux-arm64", "metal/macos/arm64": "-",
	}},
	{"protocolbuffers/protobuf", "v29.0", `protoc-29.0-linux-aarch_64.zip protoc-29.0-linux-ppcle_64.zip
		protoc-29.0-linux-s390_64.zip protoc-29.0-linux-x86_32.zip
		protoc-29.0-linux-x86_64.zip protoc-29.0-osx-aarch_64.zip protoc-29.0-osx-universal_binary.zip protoc-29.0-win32.zip
		protoc-29.0-win64.zip
		protobuf-29.0.tar.gz`, map[string]string{
		"cpu/linux/amd64": "protoc-29.0-linux-x86_64.zip", "cpu/linux/arm64": "protoc-29.0-linux-aarch_64.zip",
		"cpu/linux/386":   "protoc-29.0-linux-x86_32.zip",
		"cpu/linux/s390x": "-", "cpu/macos/arm64": "protoc-29.0-osx-aarch_64.zip",
		"cpu/macos/amd64":   "protoc-29.0-osx-universal_binary.zip",
		"cpu/windows/amd64": "protoc-29.0-win64.zip",
	}},
	{"ikawrakow/ik_llama.cpp", "t0002", `ik_llama-t0002-bin-ubuntu-x64-avx512.zip
		ik_llama-t0002-bin-ubuntu-x64-avx512bf16.zip ik_llama-t0002-bin-ubuntu-x64-avx2.zip`, map[string]string{
		"cpu/linux/amd64;cpu=x86-64-v4": "ik_llama-t0002-bin-ubuntu-x64-avx512.zip",
		"cpu/linux/amd64;cpu=x86-64-v3": "ik_llama-t0002-bin-ubuntu-x64-avx2.zip",
		"cpu/linux/amd64;cpu=x86-64-v2": "-",
	}},
	{"acme/families", "v1.0.0", `srv-linux-x64-avx512_vnni.tar.gz srv-linux-x64-icelake.tar.gz
		srv-linux-x64-avxvnni.tar.gz srv-linux-x64-zen4-avx2.tar.gz
		srv-windows-x64v4.zip srv-windows-x64-v3.zip`, map[string]string{
		"cpu/linux/amd64;cpu=x86-64-v4": "-", "cpu/windows/amd64": "srv-windows-x64-v3.zip",
		"cpu/windows/amd64;cpu=x86-64-v2": "-",
		"cpu/windows/amd64;cpu=x86-64-v4": "srv-windows-x64v4.zip",
	}},
	{"acme/cards", "v1.0.0", `srv-linux-x64-v100.tar.gz srv-linux-x64-b200.tar.gz srv-linux-x64-rtx6000.tar.gz
		srv-linux-x64-rtx50.tar.gz srv-linux-x64-40series.tar.gz
		srv-linux-x64-arc.tar.gz srv-linux-x64-a770.tar.gz srv-linux-x64-navi31.tar.gz srv-linux-x64-cdna3.tar.gz
		srv-linux-x64-strix.tar.gz`, map[string]string{
		"cpu/linux/amd64": "-", "cuda/linux/amd64;sm=89": "srv-linux-x64-40series.tar.gz",
		"cuda/linux/amd64;sm=70":  "srv-linux-x64-v100.tar.gz",
		"cuda/linux/amd64;sm=100": "srv-linux-x64-b200.tar.gz", "cuda/linux/amd64;sm=120": "srv-linux-x64-rtx50.tar.gz",
		"cuda/linux/amd64":             "-",
		"rocm/linux/amd64;gfx=gfx1100": "-", "sycl/linux/amd64": "-", "vulkan/linux/amd64": "-",
	}},
	{"acme/tags", "v0.3.2-cu124", `tags-linux-x64.tar.gz tags-macos-arm64.tar.gz`,
		map[string]string{"cpu/linux/amd64": "-", "cuda/linux/amd64": "-", "cpu/macos/arm64": "-"}},
	{"acme/around", "v1.0.0", `libtorch-cuda-linux-x64.zip library-linux-x64.tar.gz around-toolkit-linux-x64.tar.gz
		around-remote-linux-x64.tar.gz
		around--1.0.0.x86_64_linux.bottle.tar.gz around-demo-linux-x64.tar.gz`, map[string]string{"cpu/linux/amd64": "-",
		"cuda/linux/amd64": "-"}},
	{"acme/bare", "v1.0.0", `bare-windows-x64-no-installer.zip bare-windows-x64-installer.exe
		bare-linux-x64-cuda-12.4-no-cudart.tar.gz`, map[string]string{
		"cpu/windows/amd64": "bare-windows-x64-no-installer.zip",
		"cuda/linux/amd64":  "bare-linux-x64-cuda-12.4-no-cudart.tar.gz",
	}},
	{"openai/codex", "rust-v0.45.0", `codex-aarch64-apple-darwin codex-aarch64-apple-darwin.tar.gz
		codex-aarch64-apple-darwin.zst codex-x86_64-unknown-linux-gnu.tar.gz
		codex-x86_64-unknown-linux-gnu.zst codex-x86_64-unknown-linux-musl.tar.gz
		codex-responses-api-proxy-x86_64-unknown-linux-gnu.tar.gz codex-npm-0.45.0.tgz
		codex-x86_64-pc-windows-msvc.exe codex-x86_64-pc-windows-msvc.exe.zip config-schema.json install.sh`,
		map[string]string{
			"cpu/linux/amd64;libc=glibc": "codex-x86_64-unknown-linux-gnu.tar.gz",
			"cpu/linux/amd64;libc=musl":  "codex-x86_64-unknown-linux-musl.tar.gz",
			"cpu/macos/arm64":            "codex-aarch64-apple-darwin.tar.gz",
			"cpu/windows/amd64":          "codex-x86_64-pc-windows-msvc.exe",
			"cpu/linux/arm64":            "-",
		}},
	{"huggingface/llm-ls", "0.5.3", `llm-ls-aarch64-apple-darwin.gz llm-ls-aarch64-unknown-linux-gnu.gz
		llm-ls-arm-unknown-linux-gnueabihf.gz llm-ls-x86_64-pc-windows-msvc.zip
		llm-ls-x86_64-unknown-linux-gnu.gz llm-ls-x86_64-unknown-linux-musl.gz llm-ls-alpine.vsix`, map[string]string{
		"cpu/linux/amd64;libc=glibc": "llm-ls-x86_64-unknown-linux-gnu.gz",
		"cpu/linux/amd64;libc=musl":  "llm-ls-x86_64-unknown-linux-musl.gz",
		"cpu/linux/arm64":            "llm-ls-aarch64-unknown-linux-gnu.gz", "cpu/linux/arm64;libc=musl": "-",
		"cpu/macos/amd64": "-",
	}},
	{"google-ai-edge/LiteRT-LM", "v0.7.0", `lit.android_arm64 lit.linux_arm64 lit.linux_x86_64 lit.macos_arm64
		lit.windows_x86_64.exe`, map[string]string{
		"cpu/linux/amd64": "lit.linux_x86_64", "cpu/linux/arm64": "lit.linux_arm64",
		"cpu/windows/amd64": "lit.windows_x86_64.exe", "vulkan/linux/amd64": "-",
	}},
	{"ravenscroftj/turbopilot", "v0.2.1", `turbopilot-linux-v0.2.1.zip turbopilot-linux-cuda11-v0.2.1.zip
		turbopilot-linux-cuda12-v0.2.1.zip turbopilot-macos-v0.2.1.zip
		turbopilot-windows-v0.2.1.zip`, map[string]string{
		"cpu/linux/amd64": "turbopilot-linux-v0.2.1.zip", "cuda/linux/amd64;driver=550": "turbopilot-linux-cuda12-v0.2.1.zip",
		"cuda/linux/amd64;driver=470": "turbopilot-linux-cuda11-v0.2.1.zip", "cpu/macos/arm64": "-", "cpu/linux/arm64": "-",
		"cuda/windows/amd64": "-",
	}},
	{"pykeio/ort-artifacts", "v2.0.0", `onnxruntime-x86_64-unknown-linux-gnu.tgz
		onnxruntime-x86_64-unknown-linux-gnu+cu12.tgz onnxruntime-x86_64-unknown-linux-gnu+cu12+tensorrt.tgz
		onnxruntime-x86_64-unknown-linux-gnu+rocm.tgz onnxruntime-x86_64-pc-windows-msvc+directml.tgz
		onnxruntime-aarch64-apple-darwin.tgz`, map[string]string{
		"cpu/linux/amd64":  "onnxruntime-x86_64-unknown-linux-gnu.tgz",
		"cuda/linux/amd64": "onnxruntime-x86_64-unknown-linux-gnu+cu12.tgz",
		"rocm/linux/amd64": "onnxruntime-x86_64-unknown-linux-gnu+rocm.tgz", "cpu/windows/amd64": "-",
		"tensorrt/linux/amd64": "-",
	}},
	{"menloresearch/llama.cpp", "b7037", `llama-b7037-bin-linux-common_cpus-x64.tar.gz
		llama-b7037-bin-linux-cuda-12-common_cpus-x64.tar.gz
		llama-b7037-bin-linux-cuda-13-common_cpus-x64.tar.gz llama-b7037-bin-linux-vulkan-common_cpus-x64.tar.gz
		llama-b7037-bin-macos-x64.tar.gz
		cudart-llama-bin-linux-cuda-12.0-x64.tar.gz checksum.yml`, map[string]string{
		"cpu/linux/amd64":             "llama-b7037-bin-linux-common_cpus-x64.tar.gz",
		"cuda/linux/amd64;cuda=12.4":  "llama-b7037-bin-linux-cuda-12-common_cpus-x64.tar.gz",
		"cuda/linux/amd64;cuda=13.0":  "llama-b7037-bin-linux-cuda-13-common_cpus-x64.tar.gz",
		"cuda/linux/amd64;driver=470": "-",
		"cpu/macos/amd64":             "llama-b7037-bin-macos-x64.tar.gz", "metal/macos/amd64": "-",
	}},
	{"axodotdev/axolotlsay", "v0.2.0", `axolotlsay-aarch64-apple-darwin.tar.xz axolotlsay-x86_64-pc-windows-msvc.msi
		axolotlsay-x86_64-pc-windows-msvc.zip
		axolotlsay-x86_64-unknown-linux-gnu.tar.xz axolotlsay-x86_64-unknown-linux-gnu-symbols.tar.xz
		axolotlsay-x86_64-unknown-linux-gnu-update
		axolotlsay-x86_64-unknown-linux-musl.tar.xz axolotlsay-installer.sh axolotlsay-npm-package.tar.gz axolotlsay.rb
		dist-manifest.json source.tar.gz`, map[string]string{
		"cpu/linux/amd64;libc=glibc": "axolotlsay-x86_64-unknown-linux-gnu.tar.xz",
		"cpu/windows/amd64":          "axolotlsay-x86_64-pc-windows-msvc.zip", "cpu/macos/amd64": "-",
	}},
	{"acme/many", "v2.0.0", `many_2.0.0_linux_amd64.tar.gz many_2.0.0_linux_amd64.tar.gz.intoto.jsonl
		many_2.0.0_linux_armhf.tar.gz many_2.0.0_linux_loong64.tar.gz
		many_2.0.0_linux_riscv64.tar.gz many_2.0.0_amd64.apk many_2.0.0_SHA256SUMS many_2.0.0_SHA256SUMS.72D7468F.sig
		many-2.0.0-1.x86_64.rpm
		many_2.0.0_linux_amd64.pkg.tar.zst many_2.0.0_linux_amd64.tar.gz.minisig multiple.intoto.jsonl cosign.pub
		cosign.pem`, map[string]string{
		"cpu/linux/amd64": "many_2.0.0_linux_amd64.tar.gz", "cpu/linux/arm64": "-",
		"cpu/linux/loong64": "many_2.0.0_linux_loong64.tar.gz",
		"cpu/linux/riscv64": "many_2.0.0_linux_riscv64.tar.gz", "cpu/macos/arm64": "-",
	}},
	{"acme/ascends", "v1.0.0", `srv-linux-aarch64-cann8.2-910b.tar.gz srv-linux-x86_64-musa-4.3.tar.gz
		srv-linux-x86_64-openvino-2025.3.tar.gz
		srv-linux-x86_64-sycl-f16.tar.gz srv-aarch64-linux-android.tar.gz`, map[string]string{
		"cann/linux/arm64": "srv-linux-aarch64-cann8.2-910b.tar.gz", "cpu/linux/arm64": "-",
		"musa/linux/amd64":     "srv-linux-x86_64-musa-4.3.tar.gz",
		"openvino/linux/amd64": "srv-linux-x86_64-openvino-2025.3.tar.gz",
		"sycl/linux/amd64":     "srv-linux-x86_64-sycl-f16.tar.gz", "cpu/linux/amd64": "-",
	}},
}
