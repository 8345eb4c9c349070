using System.CommandLine;
using System.Text.Json;
using Screening.Node.Configuration;
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
            Description = "A main.cf, or what 'postconf -n' printed; - is standard input. Without it 'postconf -n' is asked.",
        };
        var json = new Option<bool>("--json") { Description = "Print JSON: the configuration's text, and what it does not hold." };
        var command = new Command(
            "from-postfix", "Makes a configuration that judges as postscreen did: lists, weights, threshold, permanent lists, lives. "
            + "Standard error names what could not be carried over.")
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
        var (toml, notes) = PostscreenImport.Convert(text);
        if (json)
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(new { toml, not_carried = notes.Select(ZoneText.Hide) })).ConfigureAwait(false);
            return ExitStatus.Ok;
        }

        await output.WriteAsync(toml).ConfigureAwait(false);
        foreach (var note in notes)
            await error.WriteLineAsync($"not carried over: {SettingTypes.Escaped(ZoneText.Hide(note))}").ConfigureAwait(false);
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
