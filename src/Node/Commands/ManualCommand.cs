using System.CommandLine;
using Screening.Node.Commands.Manual;

namespace Screening.Node.Commands;

/// <summary><c>manual PAGE</c>: a manual page as man(1) reads it, made of the commands, settings and doors that there are.</summary>
internal static class ManualCommand
{
    private static readonly Dictionary<string, Func<string>> Pages = new()
    {
        ["screening.1"] = () => ProgramPage.Of(ScreeningProgram.CreateRoot()),
        ["screening.toml.5"] = SettingsPage.Create,
        ["screening_postfix.7"] = PostfixPage.Create,
    };

    public static Command Create()
    {
        var page = new Argument<string>("PAGE") { Description = "screening.1, screening.toml.5 or screening_postfix.7." };
        page.AcceptOnlyFromAmong([.. Pages.Keys]);
        var command = new Command("manual", "Print a manual page, as packages install it.") { page };
        command.SetAction((parsed, _) => PrintAsync(parsed, parsed.GetValue(page)!));
        return command;
    }

    private static async Task<int> PrintAsync(ParseResult parsed, string page)
    {
        await parsed.InvocationConfiguration.Output.WriteAsync(Pages[page]()).ConfigureAwait(false);
        return ExitStatus.Ok;
    }
}
