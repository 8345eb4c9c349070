using Screening.Actors.Checks;
using Screening.Testing;

namespace Screening.Node.Tests.Sources;

internal static class SourceAssert
{
    /// <summary>The call ends in the one exception that a source may throw.</summary>
    public static async Task<SourceException> FailsAsync(CheckFailure expected, Task asked)
    {
        var error = await Assert.ThrowsAsync<SourceException>(() => asked.Within($"the failure {expected}"));
        Assert.True(error.Failure == expected, $"wanted {expected}, got {error.Failure}: {error.Message}");
        Assert.InRange(error.Message.Length, 1, 200);
        return error;
    }
}
