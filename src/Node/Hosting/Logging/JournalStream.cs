using Serilog.Events;

namespace Screening.Node.Hosting.Logging;

/// <summary>The journal at the other end of standard error, as systemd.exec(5) and sd-daemon(3) define it.</summary>
internal static class JournalStream
{
    private const string Variable = "JOURNAL_STREAM";

    /// <summary>True if this process's standard error goes to the journal.</summary>
    public static bool IsStandardError() =>
        Is(Environment.GetEnvironmentVariable(Variable), new FileInfo("/proc/self/fd/2").LinkTarget);

    /// <summary>True if a descriptor is the stream that the service manager has named.</summary>
    /// <param name="stream">DEVICE:INODE; null: none was named. A child of a service inherits it, and may write elsewhere.</param>
    /// <param name="descriptor">What the descriptor's link names; <c>socket:[INODE]</c> for a socket.</param>
    public static bool Is(string? stream, string? descriptor) =>
        stream?.Split(':') is [_, var inode] && descriptor == $"socket:[{inode}]";

    /// <summary>The prefix that gives a line its priority in the journal, syslog(3)'s.</summary>
    public static string PriorityOf(LogEventLevel level) => level switch
    {
        LogEventLevel.Fatal => "<2>",
        LogEventLevel.Error => "<3>",
        LogEventLevel.Warning => "<4>",
        LogEventLevel.Information => "<6>",
        _ => "<7>",
    };
}
