using Screening.Node.Platform;

namespace Screening.Node.Tests.Platform;

public sealed class MemoryLimitTests
{
    private const string Host = "MemTotal:       16384000 kB\nMemFree:         1000 kB\n";

    [Fact]
    public void Without_a_limit_it_is_the_memory_of_the_host()
    {
        Assert.Equal(16384000L * 1024, Limit("0::/\n"));
        Assert.Equal(16384000L * 1024, Limit("0::/app\n", ("/sys/fs/cgroup/app/memory.max", "max\n")));
    }

    [Fact]
    public void In_version_2_the_least_limit_from_the_group_to_the_root_counts()
    {
        Assert.Equal(1000, Limit("0::/a/b\n", ("/sys/fs/cgroup/a/b/memory.max", "2000\n"), ("/sys/fs/cgroup/a/memory.max", "1000\n")));
        Assert.Equal(500, Limit("0::/kubepods/pod1\n", ("/sys/fs/cgroup/memory.max", "500\n"))); // The container's root is its own group.
    }

    [Fact]
    public void In_version_1_the_group_of_the_memory_controller_counts() => Assert.Equal(3000, Limit(
        "5:cpu,cpuacct:/x\n4:memory:/pod\n1:name=systemd:/\n0::/\n",
        ("/sys/fs/cgroup/memory/pod/memory.limit_in_bytes", "3000\n"),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n")));

    [Fact]
    public void This_process_has_a_limit() => Assert.InRange(MemoryLimit.Bytes(), 1, long.MaxValue - 1);

    private static long Limit(string groups, params (string Path, string Text)[] files) => MemoryLimit.Of(path => path switch
    {
        "/proc/meminfo" => Host,
        "/proc/self/cgroup" => groups,
        _ => files.FirstOrDefault(file => file.Path == path).Text,
    });
}
