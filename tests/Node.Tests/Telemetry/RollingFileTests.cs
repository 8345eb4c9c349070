using System.Text;
using Microsoft.Extensions.Time.Testing;
using Screening.Node.Telemetry;

namespace Screening.Node.Tests.Telemetry;

[Trait("Finding", "security-4")]
public sealed class RollingFileTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 11, 26, 12, 0, 0, TimeSpan.Zero);
    private readonly string _folder = Directory.CreateTempSubdirectory("screening-").FullName;
    private readonly FakeTimeProvider _time = new(Start);

    private string Current => Path.Combine(_folder, "lines.jsonl");

    private long Total => Directory.GetFiles(_folder).Sum(file => new FileInfo(file).Length);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_oldest_file_leaves_and_the_newest_line_stays()
    {
        var file = Open(maxFileBytes: 100, maxTotalBytes: 400);
        for (var i = 0; i < 200; i++)
        {
            Append(file, $"line {i}\n");
            Assert.InRange(Total, 1, 400);
        }

        var lines = Directory.GetFiles(_folder).SelectMany(File.ReadLines).ToList();
        Assert.Contains("line 199", lines);
        Assert.DoesNotContain("line 0", lines);
        Assert.All(lines, line => Assert.StartsWith("line ", line, StringComparison.Ordinal));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Current));
    }

    [Fact]
    public void A_folder_that_is_too_large_at_the_start_is_made_to_fit()
    {
        for (var day = 1; day <= 9; day++)
        {
            var old = Path.Combine(_folder, $"lines-2026110{day}.jsonl");
            File.WriteAllText(old, new string('x', 100));
            File.SetLastWriteTimeUtc(old, Start.UtcDateTime.AddDays(day - 26));
        }

        File.WriteAllText(Current, new string('x', 5000));
        File.SetLastWriteTimeUtc(Current, Start.UtcDateTime);
        File.WriteAllText(Path.Combine(_folder, "other.jsonl"), new string('x', 10));
        Append(Open(maxFileBytes: 100, maxTotalBytes: 400), "new\n");

        Assert.InRange(Total, 1, 410);
        Assert.Equal("new\n", File.ReadAllText(Current));
        Assert.True(File.Exists(Path.Combine(_folder, "other.jsonl")), "a file of another name is not ours");
    }

    [Fact]
    public void A_file_is_closed_at_the_end_of_its_day_and_removed_when_it_is_old()
    {
        var file = Open(maxFileBytes: 10_000, maxTotalBytes: 20_000, keep: TimeSpan.FromDays(2));
        Append(file, "first\n");
        File.SetLastWriteTimeUtc(Current, Start.UtcDateTime);
        _time.Advance(TimeSpan.FromDays(1));
        Append(file, "second\n");
        Assert.Equal("first\n", File.ReadAllText(Path.Combine(_folder, "lines-20261126T120000.jsonl")));
        Assert.Equal("second\n", File.ReadAllText(Current));

        _time.Advance(TimeSpan.FromDays(1.5));
        file.Trim();
        Assert.Equal([Current], Directory.GetFiles(_folder));
    }

    [Fact]
    public void A_full_disk_is_told_and_the_file_moved_away_is_begun_anew()
    {
        // A link has a length and the date of today, so the file would be closed as one of another day.
        var file = Open(maxFileBytes: 10_000, maxTotalBytes: 20_000, isDaily: false);
        File.CreateSymbolicLink(Current, "/dev/full");
        Assert.Throws<IOException>(() => Append(file, "lost\n"));
        File.Delete(Current);
        Append(file, "kept\n");
        File.Move(Current, Path.Combine(_folder, "taken"));
        Append(file, "new\n");
        Assert.Equal("new\n", File.ReadAllText(Current));
    }

    private static void Append(RollingFile file, string line) => file.Append(Encoding.UTF8.GetBytes(line));

    private RollingFile Open(long maxFileBytes, long maxTotalBytes, TimeSpan? keep = null, bool isDaily = true) => new(
        new RollingFileSettings(
            Current, maxFileBytes, maxTotalBytes, keep ?? TimeSpan.FromDays(3650), UnixFileMode.UserRead | UnixFileMode.UserWrite)
        {
            IsDaily = isDaily,
        },
        _time);
}
