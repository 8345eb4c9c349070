using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Fleet;
using Screening.Actors.Whitelist;
using Screening.Testing;
using static Screening.Actors.Tests.Whitelist.GrantLines;

namespace Screening.Actors.Tests.Fleet;

/// <summary>A node's copy of grants and bans on disk.</summary>
public sealed class GrantsFileTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeMilliseconds(NowMs));
    private readonly string _folder = Directory.CreateTempSubdirectory("grants-").FullName;

    private string File1 => Path.Combine(_folder, "grants.copy");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    [Trait("Finding", "A2")]
    public async Task What_a_node_knew_is_there_at_its_next_start()
    {
        var (copy, _) = Attach();
        Assert.False(copy.IsKnown);
        var state = StateOf(5, Ban("198.51.100.0/24"), Grant("2001:db8::/32", reason: "partner"));
        copy.Replace(state);
        await Waiting.UntilAsync(() => File.Exists(File1), "the file is written");
        if (!OperatingSystem.IsWindows()) // The analyzer asks; it never is.
        {
            const UnixFileMode expected = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
            Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(File1) & ~expected);
        }

        var (next, _) = Attach();
        Assert.True(next.IsKnown);
        Assert.False(next.IsConfirmed);
        Assert.Equal(state.Version, next.State.Version);
        Assert.Equal(state.Lines.ToHashSet(), next.State.Lines.ToHashSet());
    }

    [Fact]
    public async Task Many_changes_are_few_writes_and_the_last_is_written()
    {
        var (copy, _) = Attach();
        var state = GrantsState.Empty.InLife(5);
        copy.Load(state);
        for (var i = 0; i < 100; i++)
        {
            (var news, state) = Change(state, Setting(Ban($"192.0.2.{i}/32")));
            Assert.True(copy.TryApply(news));
        }

        await Waiting.UntilAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return Attach().Copy.State.Version == state.Version;
            },
            "the last change is written");
        Assert.Equal([File1], Directory.GetFiles(_folder));
    }

    [Theory]
    [InlineData("cut", "damaged")]
    [InlineData("changed", "damaged")]
    [InlineData("empty", "not a copy of grants and bans")]
    [InlineData("other", "not a copy of grants and bans")]
    [InlineData("newer", "of the form 'GS9', which this release does not read")]
    public void A_file_that_is_no_good_is_warned_of_and_is_no_copy(string what, string fault)
    {
        var (copy, file) = Attach();
        copy.Replace(StateOf(5, Bans(100)));
        file.Write();
        var bytes = File.ReadAllBytes(File1);
        File.Delete(File1);
        switch (what)
        {
            case "cut":
                File.WriteAllBytes(File1, bytes[..^1]);
                break;
            case "changed":
                bytes[^30] ^= 1;
                File.WriteAllBytes(File1, bytes);
                break;
            case "newer":
                var newer = Encoding.Latin1.GetString(bytes).Replace(" GS1 ", " GS9 ", StringComparison.Ordinal);
                File.WriteAllText(File1, newer, Encoding.Latin1);
                break;
            default:
                File.WriteAllText(File1, what == "empty" ? "" : "something else\n");
                break;
        }

        var loggers = new Warnings();
        var next = new GrantsAndBans(_time);
        GrantsFile.Attach(_folder, next, _time, loggers);
        Assert.False(next.IsKnown);
        Assert.Equal(0, next.Count(GrantKind.Ban));
        Assert.Contains(fault, Assert.Single(loggers.Written), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_warned_of()
    {
        var loggers = new Warnings();
        var copy = new GrantsAndBans(_time);
        var file = GrantsFile.Attach(Path.Combine("/proc", "nowhere"), copy, _time, loggers);
        copy.Load(StateOf(5, Bans(3)));
        file.Write();
        Assert.Contains("cannot be written", Assert.Single(loggers.Written), StringComparison.Ordinal);
    }

    private (GrantsAndBans Copy, GrantsFile File) Attach()
    {
        var copy = new GrantsAndBans(_time);
        return (copy, GrantsFile.Attach(_folder, copy, _time, NullLoggerFactory.Instance));
    }

    private sealed class Warnings : ILoggerFactory, ILogger
    {
        public List<string> Written { get; } = [];

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName) => this;

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add(formatter(state, exception));
    }
}
