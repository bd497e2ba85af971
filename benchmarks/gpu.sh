#!/usr/bin/env bash
# Everything that a card is asked, in under twelve minutes: the engine's tests on CuPy, a fit of every
# family beside the CPU's, and the CPU's comparisons with PyTorch on the same card.
#
#     bash benchmarks/gpu.sh            on a machine with an NVIDIA GPU, CuPy, PyTorch and pytest
#     bash benchmarks/gpu.sh checked    a dry run anywhere: skdeep's stand-in for a card, little of each
#
# PYTHON names the interpreter. Steps that run out of their time end, and those behind them go on; the
# exit status says whether all passed. Without PyTorch its side is left out aloud.
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
device=${1:-cuda} python=${PYTHON:-python}
export PYTHONPATH=$PWD PYTHONUNBUFFERED=1 SKDEEP_BENCHMARK_DEVICE=$device
failures=0 slower=1

# step NAME SECONDS COMMAND...: run the command for so long at most, tell how it went.
step() {
    local name=$1 limit=$2 begin=$SECONDS verdict=ok
    shift 2
    printf '\n>>> %s\n' "$name"
    timeout $((limit * slower)) "$@" || verdict="FAILED ($?)"
    [ "$verdict" = ok ] || failures=$((failures + 1))
    printf '<<< %s: %s, %ds\n' "$name" "$verdict" $((SECONDS - begin))
}

sides=(--sides skdeep torch --threads 1)
if [ "$device" = checked ]; then
    export SKDEEP_TEST_BACKENDS=checked
    slower=4
    tests=(tests/backend/test_primitives.py)
    mlp=(--cases digits --epochs 1) cnn=(--cases lenet --rows 64) few=(--pairs 1)
    rnn=(--cases vowels --cells gru --steps 2) attention=(--cases short --dropout 0.1 --steps 2)
    coder=(--first 1)
else
    export SKDEEP_TEST_BACKENDS=cupy
    tests=(tests/backend tests/kernels tests/nn tests/optim tests/train)
    mlp=() cnn=(--rows 4096) few=(--pairs 3) rnn=() attention=(--dropout 0.1) coder=()
    nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader || true
    "$python" -c 'import cupy, torch; cupy.show_config(); print("PyTorch", torch.__version__)' || true
fi

step "tests of the engine" 210 "$python" -m pytest -q -p no:cacheprovider "${tests[@]}"
step "every family" 160 "$python" -m benchmarks.gpu --device "$device" --seconds $((150 * slower))
step "perceptrons" 70 "$python" -m benchmarks.mlp --parts training --dtype float32 "${mlp[@]}" "${sides[@]}" "${few[@]}"
step "convolutions" 70 "$python" -m benchmarks.cnn speed "${cnn[@]}" "${sides[@]}" "${few[@]}"
step "recurrent networks" 90 "$python" -m benchmarks.rnn speed "${rnn[@]}" "${sides[@]}" "${few[@]}"
step "Transformers" 60 "$python" -m benchmarks.attention speed "${attention[@]}" "${sides[@]}" "${few[@]}"
step "autoencoders" 50 "$python" -m benchmarks.autoencoder speed "${coder[@]}" "${sides[@]}" "${few[@]}"

printf '\n%d of 7 steps failed, %d s in all\n' "$failures" "$SECONDS"
[ "$failures" -eq 0 ]
