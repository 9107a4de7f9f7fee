# What the guest of `npm run bench:ft` does: sh work.sh STAGE=AMOUNT...; one stage after another, each between
# `@@BEGIN stage` and `@@END stage 0 -`. The host at 10.0.2.2 serves iperf3 on the port that `port=N` says. Stages that
# wait for the host end when a line is typed.
set -e

begin() { echo "@@BEGIN $1"; }
end() { echo "@@END $1 0 -"; }

for word in "$@"; do
  stage=${word%%=*} amount=${word#*=}
  case $stage in
    port)
      port=$amount ;;
    cpu) # amount: factor of the kernels
      begin cpu
      bench intmix,sha256,sieve,quicksort,chase,lz,bytecode,nbody,matmul "$amount"
      end cpu ;;
    compile) # amount: sources
      begin compile
      for source in $(ls /root/*.i | head -n "$amount"); do
        /usr/libexec/gcc/riscv64-linux-gnu/14/cc1 -march=rv64gc -mabi=lp64d -quiet -fpreprocessed -w -O2 "$source" \
          -o /tmp/out.s
      done
      end compile ;;
    redis) # amount: requests of each kind
      /usr/sbin/mke2fs -q -t ext4 /dev/vda
      mount /dev/vda /mnt
      redis-server --daemonize yes --dir /mnt --appendonly yes --save '' > /dev/null
      until redis-cli ping > /dev/null 2>&1; do sleep 0.1; done
      begin redis
      redis-benchmark -q -c 16 -d 100 -r 10000 -n "$amount" -t set,get
      end redis
      redis-cli shutdown
      umount /mnt ;;
    nginx) # until the host's client is done
      nginx
      begin nginx
      read -r _
      end nginx
      nginx -s stop ;;
    receive | transmit) # amount: MiB
      way=
      [ "$stage" = transmit ] || way=-R
      begin "$stage"
      iperf3 -c 10.0.2.2 -p "$port" $way -n "${amount}M" -f m | tail -n 4
      end "$stage" ;;
    idle) # amount: seconds
      sleep 2
      begin idle
      sleep "$amount"
      end idle ;;
    *)
      echo "work.sh: no stage $stage"
      exit 2 ;;
  esac
done
