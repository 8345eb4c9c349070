using Screening.Node.Configuration;

namespace Screening.Node.Commands;

/// <summary>What the program's exit status means; scripts rely on it.</summary>
internal static class ExitStatus
{
    /// <summary>It went well, or the answer is yes.</summary>
    public const int Ok = 0;

    /// <summary>The answer is no.</summary>
    public const int No = 1;

    /// <summary>Wrong usage or configuration, an address that cannot be bound, or a part that is not built yet.</summary>
    public const int Usage = 2;

    /// <summary>The node could not be reached, or cannot do it now.</summary>
    public const int Unreachable = 3;

    /// <summary>A node ended by a fault of its own: EX_SOFTWARE of sysexits(3).</summary>
    public const int Failed = 70;

    /// <summary>Says what went wrong on standard error and returns the status.</summary>
    public static Task<int> FailAsync(int status, params IEnumerable<string> faults) => FailAsync(Console.Error, status, faults);

    /// <inheritdoc cref="FailAsync(int, IEnumerable{string})"/>
    public static async Task<int> FailAsync(TextWriter error, int status, params IEnumerable<string> faults)
    {
        foreach (var fault in faults)
            await error.WriteLineAsync($"screening: {Wording.Escaped(fault)}").ConfigureAwait(false);
        return status;
    }
}
