{-# LANGUAGE GADTs #-}
{-# LANGUAGE LambdaCase #-}

-- | Routes from paths to handlers.
module Web.Route
  ( Route (..)
  , Segment
  , match
  , render
  ) where

import Data.Char (isDigit)
import qualified Data.Map.Strict as Map
import Data.Map.Strict (Map)

-- | One piece of a path between two slashes.
type Segment = String

newtype Params = Params { unParams :: Map String Segment }
  deriving (Eq, Show)

-- | What a path may be made of.
data Pattern
  = Literal Segment
  | Capture
      { captureName :: String
      , captureTest :: Segment -> Bool
      }
  | Rest

data Route m a where
  Leaf :: [Pattern] -> (Params -> m a) -> Route m a
  Scope :: Segment -> [Route m a] -> Route m a

-- | Things that can be read from one segment.
class FromSegment a where
  fromSegment :: Segment -> Maybe a

  segmentName :: a -> String
  segmentName _ = "segment"

instance FromSegment Int where
  fromSegment text
    | all isDigit text, not (null text) = Just (read text)
    | otherwise = Nothing
  segmentName _ = "int"

instance FromSegment a => FromSegment (Maybe a) where
  fromSegment = Just . fromSegment

instance Semigroup Params where
  Params left <> Params right = Params (left `Map.union` right)

infixr 5 </>

(</>) :: Pattern -> [Pattern] -> [Pattern]
Rest </> _ = [Rest]
p </> ps = p : ps

-- | Finds the first handler whose patterns fit.
--
-- Later routes win nothing by being longer.
match :: Monad m => [Route m a] -> [Segment] -> Maybe (m a)
match [] _ = Nothing
match (Leaf patterns run : rest) path =
  case capture patterns path of
    Just params -> Just (run params)
    Nothing -> match rest path
match (Scope name inner : rest) path = case path of
  (segment : more) | segment == name -> match inner more
  _ -> match rest path

capture :: [Pattern] -> [Segment] -> Maybe Params
capture = go mempty
  where
    go found [] [] = Just found
    go found [Rest] _ = Just found
    go found (Literal want : ps) (have : more)
      | want == have = go found ps more
    go found (Capture name ok : ps) (have : more)
      | ok have = go (found <> Params (Map.singleton name have)) ps more
    go _ _ _ = Nothing

-- | The inverse of 'match' for literal routes.
render :: [Pattern] -> String
render = concatMap $ \case
  Literal text -> '/' : text
  Capture name _ -> "/:" ++ name
  Rest -> "/*"

defaultLimit :: Int
defaultLimit = 64

type family Response m where
  Response IO = String

foreign import ccall "math.h sin" c_sin :: Double -> Double
