using System.CommandLine;
using System.Text.Json;
using Screening.Node.Configuration;
using Screening.Node.Postfix;

namespace Screening.Node.Commands;

/// <summary><c>screening config to-postfix</c>: the lines of main.cf and master.cf for one door.</summary>
internal static class ConfigToPostfixCommand
{
    private static readonly Dictionary<string, string> Uses = new()
    {
        ["dnsblog"] = "the verdict in postscreen, by a socket beside Postfix's own",
        ["dnsbl"] = "the verdict in postscreen, by DNS",
        ["memcache"] = "one memory of passed clients for several postscreens, beside another door",
        ["policy"] = "the verdict in smtpd, which also knows HELO and sender; needs no postscreen",
    };

    /// <summary>What a door is for.</summary>
    public static string UseOf(string door) => Uses[door];

    public static Command Create()
    {
        var door = new Option<string?>("--door")
        {
            HelpName = "DOOR",
            Description =
                "dnsblog, dnsbl, memcache or policy. Default: the door that is recommended for this configuration and this Postfix.",
        };
        door.AcceptOnlyFromAmong([.. PostfixLinesWriter.Doors]);
        var action = new Option<string>("--dnsbl-action")
        {
            HelpName = "ACTION",
            DefaultValueFactory = _ => "enforce",
            Description = "What refusals of the dnsblog and dnsbl doors do, enforce or drop: these doors cannot tell one from the other.",
        };
        action.AcceptOnlyFromAmong("enforce", "drop");
        var version = new Option<string?>("--postfix-version")
        {
            HelpName = "X.Y",
            Description = "The version whose names are used, 2.8 to 3.12. Default: that of the installed Postfix, else the newest.",
        };
        var folder = new Option<string?>("--postfix-config")
        {
            HelpName = "DIR",
            Description = "Postfix's config_directory, as after -c of postconf. Default: that of the installed Postfix.",
        };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("to-postfix", "Prints the exact lines of main.cf and master.cf for a door of this configuration.")
        {
            door, action, version, folder, json,
        };
        ConfigurationOptions.AddTo(command);
        command.SetAction((parsed, _) => RunAsync(
            parsed, parsed.GetValue(door), parsed.GetValue(action)!, parsed.GetValue(version), parsed.GetValue(folder),
            parsed.GetValue(json)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string? door, string action, string? asked, string? folder, bool json)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        Version? version = null;
        if (asked is not null && !(PostfixInstallation.TryParseVersion(asked, out version) && PostfixInstallation.IsKnown(version)))
        {
            return await ExitStatus.FailAsync(
                error, ExitStatus.Usage, $"--postfix-version is '{asked}'; it must be a version of Postfix from 2.8 to 3.12, such as 3.7")
                .ConfigureAwait(false);
        }

        if (ConfigurationOptions.LoadOrReport(parsed)?.Options is not { } options)
            return ExitStatus.Usage;
        var postfix = await PostfixInstallation.ReadAsync(version, folder).ConfigureAwait(false);
        var writer = new PostfixLinesWriter(options, postfix, action);
        var first = door ?? writer.Recommended();
        if (json)
        {
            IEnumerable<string> doors = door is null ? PostfixLinesWriter.Doors.OrderBy(d => d != first) : [first];
            await output.WriteLineAsync(Json(postfix.Version, first, doors.Select(writer.Of))).ConfigureAwait(false);
            return ExitStatus.Ok;
        }

        var lines = writer.Of(first);
        await output.WriteAsync(Text(postfix.Version, lines)).ConfigureAwait(false);
        if (door is null)
            await output.WriteAsync(OtherDoors(writer, first)).ConfigureAwait(false);
        foreach (var note in lines.Notes.Where(n => n.Contains(" is not open", StringComparison.Ordinal)))
            await error.WriteLineAsync($"note: {Wording.Escaped(note)}").ConfigureAwait(false);
        return ExitStatus.Ok;
    }

    private static string Text(Version version, PostfixLines lines)
    {
        var text = new List<string> { $"# Door {lines.Door}, for Postfix {version}" };
        text.AddRange(lines.Notes.Select(note => $"# - {note}"));
        text.AddRange(["", "# main.cf"]);
        if (lines.Replaces.Count > 0)
        {
            text.Add(
                "# Replace these lines, or Postfix warns of overriding earlier entries "
                + "(postconf -e 'NAME = VALUE' replaces them in place):");
            text.AddRange(lines.Replaces.Select(pair => $"#   {pair.Key} = {pair.Value}"));
        }

        text.AddRange(lines.MainCf);
        foreach (var (path, content) in lines.Files)
            text.AddRange(["", $"# {path}", .. content]);
        if (lines.MasterCf.Count > 0)
            text.AddRange(["", "# master.cf: each of these services once", .. lines.MasterCf]);
        return string.Concat(text.Select(line => Wording.Escaped(line) + "\n"));
    }

    private static string OtherDoors(PostfixLinesWriter writer, string first) => string.Concat(PostfixLinesWriter.Doors
        .Where(door => door != first)
        .Select(door => $"#   --door {door,-8} {Uses[door]}{(writer.IsOpen(door) ? "" : "; not open in this configuration")}\n")
        .Prepend("\n# One door is enough to begin with. The others:\n"));

    private static string Json(Version version, string recommended, IEnumerable<PostfixLines> doors) => JsonSerializer.Serialize(new
    {
        postfix = version.ToString(),
        recommended,
        doors = doors.Select(d => new
        {
            door = d.Door,
            main_cf = d.MainCf,
            replaces = d.Replaces,
            master_cf = d.MasterCf,
            files = d.Files,
            notes = d.Notes,
        }),
    });
}
