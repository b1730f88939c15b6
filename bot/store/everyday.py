"""Words of four letters and more that tell nothing of what was said: everybody uses them all the time.

In small letters and without accents, as `words_of` reads them; of English, German, French and Spanish.
"""

from typing import Final

_WORDS = """
about after again also always anything back because been before being better both call came can cannot check
code come could date days does doing done down each else even ever every everybody everyone everything file
find first from fine getting give goes going gone good great have hello help here image into just keep know
last later less like list little look looking made make many maybe message might minute month more morning
most much must name need never news next night nobody nothing okay once only open other over people photo
picture place please question read really right said same screenshot see seen send should show since some
somebody someone something soon still stop sure take talk tell text than thank thanks that their them then
there these they thing things think this those through time times today tomorrow tonight under until very
want wanted week welcome well were what when where which while whom will with without word words work would
write yeah year years yesterday your aber alle alles auch bitte danke dann dass dein deine diese dieser doch
eine einen einer etwas euch ganz gestern genau haben hallo heute hier ihre immer jetzt kann kannst kein
keine konnen mein meine mehr morgen muss nach nicht nichts noch oder schon sehr sein seine sich sind uber
unser viel wann warum weil wenn werden wieder wird wurde zeit alors apres aussi avant avec avez avoir
beaucoup bien bonjour cela cette chez comme comment dans demain depuis donc elle encore entre etre fait
faire jour leur mais meme merci moins nous parce pour pourquoi quand quel quelle quoi rien sans sont suis
tout tous toute tres vous votre adios ahora algo antes aqui asi bueno cada como cosa creo cuando desde
despues dias donde ella ellos esta estas este esto estoy favor gracias hacer hasta hola hora mucho manana
nada nunca para pero poco porque puede que quiero siempre sobre tambien tengo tiene todo todos vamos
"""

EVERYDAY: Final = frozenset(_WORDS.split())
"""All of them."""
