using System.Globalization;
using Screening.Node.Configuration;
using Screening.Node.Platform;

namespace Screening.Node.Commands;

/// <summary>
/// When root starts a node, the <c>screening.toml</c> of the current folder must be root's own: it is taken without being named, and it can
/// start programs (<c>[[custom]] command</c>). A file that is named is the operator's choice.
/// </summary>
internal static class LocalFileRule
{
    private const uint Root = 0;
    private const UnixFileMode WritableByOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>Why the file is not taken; null: it may be.</summary>
    public static string? FaultOf(ConfigurationRequest request, string? file)
    {
        var isNamed = request.ConfigPath is not null
            || !string.IsNullOrEmpty(request.Environment.GetValueOrDefault(ConfigurationRequest.FileVariable));
        if (file is null || isNamed || !request.IsRoot || Path.IsPathRooted(file))
            return null;
        var path = Path.Combine(request.CurrentDirectory, file);
        var owner = FileOwner.Of(path)?.User;
        var change = (owner, File.GetUnixFileMode(path) & WritableByOthers) switch
        {
            (not null and not Root, _) => string.Create(CultureInfo.InvariantCulture, $"it belongs to user {owner}"),
            (_, not UnixFileMode.None) => "its group or others may write to it",
            _ => null,
        };
        return change is null
            ? null
            : $"./{file}: {change}, and root takes no configuration that others can change unless it is named: --config {file}";
    }
}
