using System.CommandLine;
using Screening.Node.Commands;

namespace Screening.Node.Tests.Commands;

/// <summary>Runs one command line in this process.</summary>
internal static class CommandLine
{
    public static async Task<(int Status, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var status = await ScreeningProgram.RunAsync(arguments, new InvocationConfiguration { Output = output, Error = error });
        return (status, output.ToString(), error.ToString());
    }
}
