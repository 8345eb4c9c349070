using System.CommandLine;
using System.Text.Json;
using Screening.Node.Configuration;
using Screening.Node.Platform;
using Screening.Node.Postfix;

namespace Screening.Node.Commands;

/// <summary><c>screening config from-postfix</c>: a configuration that judges as postscreen did.</summary>
internal static class ConfigFromPostfixCommand
{
    public static Command Create()
    {
        var file = new Argument<string?>("FILE")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = "A main.cf, or the output of 'postconf -n'; - is standard input. Default: the output of 'postconf -n'.",
        };
        var json = new Option<bool>("--json") { Description = "Print JSON: the configuration's text, and what it does not hold." };
        var command = new Command(
            "from-postfix",
            "Makes a configuration that judges as postscreen does now: lists, weights, threshold, permanent lists, lifetimes. "
            + "Standard error names what is not carried over or different. "
            + "Exit status 2, and no configuration, if the list of sites is broken.")
        {
            file, json,
        };
        command.SetAction((parsed, _) => RunAsync(parsed, parsed.GetValue(file), parsed.GetValue(json)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string? file, bool json)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        var (text, fault) = await ReadAsync(file).ConfigureAwait(false);
        if (text is null)
            return await ExitStatus.FailAsync(error, ExitStatus.Usage, fault).ConfigureAwait(false);
        var imported = PostscreenImport.Convert(text);
        if (imported.Faults.Count > 0)
            return await ExitStatus.FailAsync(error, ExitStatus.Usage, imported.Faults.Select(ZoneText.Hide)).ConfigureAwait(false);
        if (json)
        {
            var printed = JsonSerializer.Serialize(new { toml = imported.Toml, not_carried = imported.Notes.Select(ZoneText.Hide) });
            await output.WriteLineAsync(printed).ConfigureAwait(false);
            return ExitStatus.Ok;
        }

        await output.WriteAsync(imported.Toml).ConfigureAwait(false);
        foreach (var note in imported.Notes)
            await error.WriteLineAsync($"note: {Wording.Escaped(ZoneText.Hide(note))}").ConfigureAwait(false);
        return ExitStatus.Ok;
    }

    private static async Task<(string? Text, string Fault)> ReadAsync(string? file)
    {
        if (file is null)
        {
            var (output, fault) = await PostconfProgram.RunAsync("-n").ConfigureAwait(false);
            return (output, $"postconf -n: {fault}; name a main.cf");
        }

        using var stream = file == "-" ? Console.OpenStandardInput() : null;
        var isRead = stream is null
            ? TextFile.TryRead(file, TextFile.MaxConfigurationBytes, out var text, out var problem, anyBytes: true)
            : TextFile.TryRead(stream, TextFile.MaxConfigurationBytes, out text, out problem, anyBytes: true);
        return isRead ? (text, "") : (null, $"{file}: {problem}");
    }
}
