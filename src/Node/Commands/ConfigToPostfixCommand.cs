using System.CommandLine;
using System.Text.Json;
using Screening.Node.Postfix;

namespace Screening.Node.Commands;

/// <summary><c>screening config to-postfix</c>: the lines of main.cf and master.cf for each door.</summary>
internal static class ConfigToPostfixCommand
{
    public static Command Create()
    {
        var door = new Option<string?>("--door") { HelpName = "DOOR", Description = "One door only: dnsblog, dnsbl, memcache or policy." };
        door.AcceptOnlyFromAmong([.. PostfixLinesWriter.Doors]);
        var action = new Option<string>("--dnsbl-action")
        {
            HelpName = "ACTION",
            DefaultValueFactory = _ => "enforce",
            Description = "What the DNSBL doors' refusals do, enforce or drop: these doors can't tell one from the other.",
        };
        action.AcceptOnlyFromAmong("enforce", "drop");
        var version = new Option<string?>("--postfix-version")
        {
            HelpName = "X.Y",
            Description = "Whose names to use, 2.8 to 3.12. Else the installed Postfix's, else the newest.",
        };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("to-postfix", "Prints the exact lines of main.cf and master.cf for each door of this configuration.")
        {
            door, action, version, json,
        };
        ConfigurationOptions.AddTo(command);
        command.SetAction((parsed, _) =>
            RunAsync(parsed, parsed.GetValue(door), parsed.GetValue(action)!, parsed.GetValue(version), parsed.GetValue(json)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string? door, string action, string? asked, bool json)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        var version = PostfixLinesWriter.Newest;
        if (asked is not null && !PostconfProgram.TryParseVersion(asked, out version))
            return await ExitStatus.FailAsync(error, ExitStatus.Usage, $"--postfix-version is '{asked}'; it must be a version such as 3.7").ConfigureAwait(false);
        if (ConfigurationOptions.LoadOrReport(parsed)?.Options is not { } options)
            return ExitStatus.Usage;
        if (asked is null)
            version = await PostconfProgram.VersionAsync().ConfigureAwait(false) ?? PostfixLinesWriter.Newest;
        var queueFolder = await PostconfProgram.QueueFolderAsync().ConfigureAwait(false) ?? PostfixLinesWriter.UsualQueueFolder;
        var writer = new PostfixLinesWriter(options, version, action, queueFolder);
        var doors = PostfixLinesWriter.Doors.Where(d => door is null || d == door).Select(writer.Of).ToList();
        if (json)
        {
            await output.WriteLineAsync(Json(version, doors)).ConfigureAwait(false);
            return ExitStatus.Ok;
        }

        await output.WriteLineAsync($"# For Postfix {version}.").ConfigureAwait(false);
        foreach (var lines in doors)
            await output.WriteAsync(Text(lines)).ConfigureAwait(false);
        foreach (var note in doors.SelectMany(d => d.Notes).Where(n => n.Contains(" is not open", StringComparison.Ordinal)))
            await error.WriteLineAsync($"note: {note}").ConfigureAwait(false);
        return ExitStatus.Ok;
    }

    private static string Text(PostfixLines lines)
    {
        var text = new List<string> { "", $"# Door {lines.Door}: main.cf" };
        text.AddRange(lines.Notes.Select(n => $"# ({n})"));
        text.AddRange(lines.MainCf);
        foreach (var (path, content) in lines.Files)
            text.AddRange([$"# Door {lines.Door}: {path}", .. content]);
        if (lines.MasterCf.Count > 0)
            text.AddRange([$"# Door {lines.Door}: master.cf, where postscreen is not in use yet", .. lines.MasterCf]);
        return string.Concat(text.Select(t => t + "\n"));
    }

    private static string Json(Version version, IEnumerable<PostfixLines> doors) => JsonSerializer.Serialize(new
    {
        postfix = version.ToString(),
        doors = doors.Select(d => new { door = d.Door, main_cf = d.MainCf, master_cf = d.MasterCf, files = d.Files, notes = d.Notes }),
    });
}
